"""The objectives themselves, on embeddings that tell nothing apart and on those of a shortcut."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional

from mlfo_mm.models.losses import (
    DensePredictionLoss,
    GraphConstraintLoss,
    MarginRankingLoss,
    MotionDiscriminationLoss,
    NTXentLoss,
    SwappedPredictionLoss,
    TimestampRetrievalLoss,
)
from mlfo_mm.models.losses.bounds import (
    dense_bound,
    graph_bound,
    level_bounds,
    motion_bound,
    pair_bound,
    ranking_bound,
    retrieval_bound,
    swapped_bound,
)
from mlfo_mm.models.utils import TermBound

N = 5
SAME = torch.ones(N, 4)
OTHERWISE = torch.tensor([1.0, -1, 1, -1]).expand(N, 4)  # at right angles to it


def test_pairs():
    term = NTXentLoss(loss_weight=0.5)
    assert pair_bound(term, N).chance == pytest.approx(float(term(SAME, SAME)))


@pytest.mark.parametrize('negatives', ['same_view', 'all'])
def test_motion(negatives):
    term = MotionDiscriminationLoss(negatives=negatives, loss_weight=0.3)
    bound = motion_bound(term, N, 2, True)
    alike, told = (z.expand(2, N, 4) for z in (SAME, OTHERWISE))
    assert bound.chance == pytest.approx(float(term(SAME, SAME, alike, alike)), rel=1e-5)
    # the order is told from the ends: exp(-1 / 0.07) is left of it, but no sample from another
    by_ends = float(term(SAME, SAME, told, told))
    assert bound.by_shortcut == pytest.approx(by_ends, abs=1e-6)
    assert motion_bound(term, N, 2, False) == TermBound(bound.candidates, 0.3)


def test_retrieval():
    term = TimestampRetrievalLoss(loss_weight=0.3)
    steps = torch.arange(6)
    alike = torch.ones(N, 4, 6)
    assert retrieval_bound(term, 6, True).chance == pytest.approx(float(term(alike, alike, steps)))
    # two short clips of 3 steps: a step knows its place in its own, not which of them it is in
    place = functional.one_hot(steps % 3).float().T.expand(N, 3, 6)
    bound = retrieval_bound(term, 6, True)
    assert bound.by_shortcut == pytest.approx(float(term(place, place, steps)), abs=1e-5)
    assert retrieval_bound(term, 6, False) == TermBound(6, 0.3)
    assert retrieval_bound(term, 2, True) == TermBound(2, 0.3)


@pytest.mark.parametrize('directions', ['both', 'one'])
@pytest.mark.parametrize('reduction', ['mean', 'official'])
def test_one_hot_graphs(directions, reduction):
    term = GraphConstraintLoss(kind='one_hot', directions=directions, reduction=reduction)
    loss = float(term(SAME, SAME, torch.eye(N)))
    assert graph_bound(term, N).chance == pytest.approx(loss)
    assert graph_bound(GraphConstraintLoss(), N) is None


def test_dense():
    term = DensePredictionLoss()
    bound = dense_bound(term, N, 3, 4)
    alike = torch.ones(N, 3, 4, 2, 2)
    assert bound.chance == pytest.approx(float(term(alike, alike)))
    position = 100 * torch.eye(4).reshape(4, 2, 2).expand(N, 3, 4, 2, 2)
    assert bound.by_shortcut == pytest.approx(float(term(position, position)))
    assert dense_bound(term, N, 3, 1) == TermBound(3 * N)


def test_ranking():
    term = MarginRankingLoss(margin=1.5, loss_weight=2.0)
    assert ranking_bound(term).chance == float(term(SAME, SAME, SAME)) == 3.0


def test_swapped():
    term = SwappedPredictionLoss(loss_weight=0.25)
    even, targets = torch.zeros(N, 8), torch.rand(N, 8).softmax(1)
    bound = swapped_bound(term, 8)
    assert bound.chance == pytest.approx(float(term(even, even, targets, targets)))


def test_of_a_level():
    terms = dict(
        instance=NTXentLoss(), motion=MotionDiscriminationLoss(), graph=GraphConstraintLoss()
    )
    assert level_bounds(terms, N, 1, None, False) == dict(
        instance=TermBound(9), motion=TermBound(2)
    )
    retrieval = dict(retrieval=TimestampRetrievalLoss())
    assert level_bounds(retrieval, N, 1, None, True) == {}
    assert level_bounds(retrieval, N, 1, 4, True).keys() == {'retrieval'}
