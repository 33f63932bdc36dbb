"""Comparisons that the paper does not make, named in results/reference/PLAN.md before the runs."""

from __future__ import annotations

from mlfo_mm.reporting.comparisons import Claim, Comparison, mlfo
from mlfo_mm.reporting.specs import RANDOM, Row
from mlfo_mm.study.experiments import OFFICIAL

TABLE = 'planned'
TITLE = 'Beside the paper: what was named in advance'
SIMCLR = Row('simclr', 'r3d18', 'kinetics400', 'default')


def _planned(name: str, statement: str, task: str, metric: str) -> Claim:
    rows = (RANDOM, SIMCLR, mlfo(OFFICIAL, name='MLFO, released forms'))
    pairs = tuple(Comparison(mlfo(), row) for row in rows)
    return Claim(name, TABLE, statement, '', 'not of the paper', task, metric, pairs)


BETTER = 'MLFO is ahead of random weights, of SimCLR on the same views, and of its released forms'
PLANNED = (
    _planned('P.1', f'Linear probe: {BETTER}', 'linear_probe', 'top1'),
    _planned('P.2', f'Retrieval, R@1: {BETTER}', 'retrieval', 'R@1_centred'),
)
