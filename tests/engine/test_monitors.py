"""Monitors under their bounds, in lines that name them."""

from __future__ import annotations

from torch import nn

from mlfo_mm.engine.monitors import PATIENCE, bounds_of, collapsed, findings, spreads
from mlfo_mm.models.utils import COLLAPSE, Bound

BOUNDS = {
    'stat_std_contrast_mid': COLLAPSE,
    'stat_used': Bound(10.24, 'prototypes died out'),
    'stat_edges_mid': Bound(1 + 1e-6, 'graph without edges'),
}
STD = dict.fromkeys(('stat_std', 'stat_std_a', 'stat_std_b'), COLLAPSE)


def test_nothing_to_say():
    curves = {
        'epoch': [1, 2],
        'loss': [3.0, 0.001],
        'stat_std_contrast_mid': [0.027, 0.2],
        'stat_used': [11.0, 40.0],
        'stat_edges_mid': [None, 1.02],
        'stat_other': [0.0, 0.0],
    }
    assert findings(curves, BOUNDS) == []
    assert findings({}, BOUNDS) == []


def test_each_finding_names_its_epochs():
    curves = {
        'epoch': [1, 2, 3, 4, 5],
        'stat_std_contrast_mid': [0.009, 0.008, 0.3, None, 0.0],
        'stat_used': [12.0, 10.0, 10.3, 9.0, 60.0],
        'stat_edges_mid': [None, 1.0, 1.0, 1.0, 1.2],
    }
    assert findings(curves, BOUNDS) == [
        'embeddings collapsed: stat_std_contrast_mid under 0.01 in epochs 1-2, 5',
        'prototypes died out: stat_used under 10.24 in epochs 2, 4',
        'graph without edges: stat_edges_mid under 1 in epochs 2-4',
    ]


def test_a_model_is_asked_for_its_bounds():
    class Model(nn.Linear):
        def monitor_bounds(self, batch_size):
            return {'stat_used': Bound(batch_size, 'few')}

    assert bounds_of(Model(1, 1), 8) == {'stat_used': Bound(8, 'few')}
    assert bounds_of(nn.Linear(1, 1), 8) == {}


def test_spreads_are_bounds_of_embeddings_that_were_logged():
    curves = {'epoch': [1], 'stat_std_contrast_mid': [0.2], 'stat_used': [9.0], 'stat_std': [0.1]}
    assert spreads(curves, BOUNDS) == ['stat_std_contrast_mid']


def test_a_run_is_lost_when_nothing_is_told_apart():
    low, high = [0.3] + [0.001] * PATIENCE, [0.5] * (PATIENCE + 1)
    assert collapsed({'stat_std': low}, STD)
    assert collapsed({'stat_std_a': low, 'stat_std_b': low, 'stat_edges_low': high}, STD)
    assert not collapsed({'stat_std_a': low, 'stat_std_b': high}, STD)
    assert not collapsed({'stat_std': low[:-1]}, STD)
    assert not collapsed({'stat_std': [0.001] * (PATIENCE - 1)}, STD)
    assert not collapsed({'stat_std': [*low, 0.02]}, STD)
    assert not collapsed({'stat_std': [None] * PATIENCE}, STD)
    assert not collapsed({}, STD)
