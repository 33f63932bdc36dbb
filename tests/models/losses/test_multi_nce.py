"""CoCLR's Eq. 2 against a slow loop, and which old keys become positives."""

from __future__ import annotations

import math

import pytest
import torch

from mlfo_mm.models.losses import InfoNCELoss, MultiNCELoss, mine, multi_nce


def test_equals_the_equation(h, double):
    queries, keys, queue = double(4, 6), double(4, 6), double(7, 6)
    positives = torch.rand(4, 7, generator=torch.Generator().manual_seed(0)) < 0.4
    total = 0.0
    for query, key, marked in zip(queries, keys, positives, strict=True):
        own, old = h(query, key, 0.3), [h(query, each, 0.3) for each in queue]
        right = own + sum(value for value, is_one in zip(old, marked, strict=True) if is_one)
        total -= math.log(right / (own + sum(old)))
    loss, _ = MultiNCELoss(0.3).loss_and_accuracy(queries, keys, queue, positives)
    assert loss.item() == pytest.approx(total / 4, abs=1e-5)


def test_with_its_own_key_alone_it_is_info_nce(double):
    queries, keys, queue = double(4, 6), double(4, 6), double(7, 6)
    alone = torch.zeros(4, 7, dtype=torch.bool)
    loss, accuracy = MultiNCELoss(0.2, loss_weight=2).loss_and_accuracy(queries, keys, queue, alone)
    wanted, same = InfoNCELoss(0.2, loss_weight=2).loss_and_accuracy(queries, keys, queue)
    torch.testing.assert_close((loss, accuracy), (wanted, same))
    empty = MultiNCELoss().loss_and_accuracy(queries, keys, queue[:0], alone[:, :0])
    assert empty[0] == 0


def test_even_scores_have_the_share_of_the_positives():
    positives = torch.tensor([[True, False, True, False, False, False]])
    assert multi_nce(torch.ones(1, 6), positives).item() == pytest.approx(math.log(3))


def test_the_best_of_other_sources_are_mined():
    scores = torch.tensor([[0.9, 0.8, 0.1, 0.7, 0.2], [0.1, 0.2, 0.3, 0.4, 0.5]])
    same = torch.tensor([[True, False, False, False, False], [False] * 5])
    found = mine(scores, same, 2)
    assert found.tolist() == [
        [True, True, False, True, False],  # its own source is not ranked
        [False, False, False, True, True],
    ]
    # all that is left, and no more
    assert (
        mine(scores, torch.tensor([[True] * 4 + [False], [True] * 5]), 2).tolist()
        == [[True] * 5] * 2
    )
    assert mine(scores, same, 9).all()
    assert mine(scores[:, :0], same[:, :0], 3).shape == (2, 0)


def test_mined_as_the_released_code_does():
    """pretrain.py of CoCLR with its multi_nce_loss, float64: masks equal, losses to 1e-15."""

    def wave(rows, rate):
        steps = torch.arange(1, 6 * rows + 1, dtype=torch.float64)
        return torch.sin(rate * steps).view(rows, 6)

    queries, keys, queue, other, queue_other = (
        wave(rows, rate) for rows, rate in ((3, 0.7), (3, 1.1), (8, 1.7), (3, 2.3), (8, 2.9))
    )
    same = torch.tensor([0, 1, 2])[:, None] == torch.tensor([5, 1, 6, 7, 1, 8, 9, 0])
    scores = (
        torch.nn.functional.normalize(other, dim=1)
        @ torch.nn.functional.normalize(queue_other, dim=1).T
    )
    positives = mine(scores, same, 2)
    assert positives.sum(1).tolist() == [3, 4, 2]
    assert positives.nonzero()[:, 1].tolist() == [2, 6, 7, 0, 1, 4, 5, 0, 4]
    loss, _ = MultiNCELoss(0.07).loss_and_accuracy(queries, keys, queue, positives)
    assert loss.item() == pytest.approx(0.25738833184079896, rel=1e-9)
