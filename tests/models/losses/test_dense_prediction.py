"""Dense predictive coding against a slow loop, and its positives at their places."""

from __future__ import annotations

import math
from itertools import product

import pytest
import torch
from mmaction.registry import MODELS

from mlfo_mm.models.losses import DensePredictionLoss, dense_prediction
from mlfo_mm.models.losses.dense_prediction import dense_prediction_logits


def places(maps: torch.Tensor):
    """All (sample, step, row, column) of maps (N, S, C, H, W)."""
    samples, steps, _, rows, columns = maps.shape
    return product(range(samples), range(steps), range(rows), range(columns))


def slow_dense_prediction(predictions, targets, first):
    total, count = 0.0, 0
    for n, s, y, x in places(predictions):
        predicted = predictions[n, s, :, y, x].tolist()

        def score(m, t, v, u, predicted=predicted):
            true = targets[m, t, :, v, u].tolist()
            return math.exp(sum(a * b for a, b in zip(predicted, true, strict=True)))

        everything = sum(score(*place) for place in places(targets))
        total -= math.log(score(first + n, s, y, x) / everything)
        count += 1
    return total / count


@pytest.mark.parametrize(
    ('shape', 'first', 'others'), [((2, 2, 5, 2, 3), 0, 2), ((2, 3, 4, 1, 2), 1, 4)]
)
def test_equals_the_equation(shape, first, others, double):
    predictions, targets = double(*shape), double(others, *shape[1:])
    expected = slow_dense_prediction(predictions, targets, first)
    assert dense_prediction(predictions, targets, first).item() == pytest.approx(expected, abs=1e-5)
    single = dense_prediction(predictions.float(), targets.float(), first)
    assert single.dtype == torch.float32
    assert single.item() == pytest.approx(expected, rel=1e-4)


def test_the_positive_is_the_same_sample_step_and_position():
    shape = _, steps, rows, columns = 5, 3, 2, 4
    number = math.prod(shape)
    # each place of the targets has an axis of its own
    codes = torch.eye(number).view(*shape, number)
    targets = codes.permute(0, 1, 4, 2, 3)
    first = 2
    predictions = torch.zeros(2, steps, number, rows, columns)
    for n, s, y, x in places(predictions):
        predictions[n, s, :, y, x] = 50 * codes[first + n, s, y, x]
    logits, index = dense_prediction_logits(predictions, targets, first)
    for row, (n, s, y, x) in enumerate(places(predictions)):
        place = (((first + n) * steps + s) * rows + y) * columns + x
        assert logits[row].argmax() == index[row] == place
    loss, accuracy = DensePredictionLoss().loss_and_accuracy(predictions, targets, first)
    assert loss < 1e-6 and accuracy == 1
    # any other sample, step, row or column is wrong
    for axis in (0, 1, 3, 4):
        moved = predictions.roll(1, axis)
        wrong, share = DensePredictionLoss().loss_and_accuracy(moved, targets, first)
        assert wrong.item() == pytest.approx(50, abs=1e-3) and share == 0


def test_nothing_known_is_chance_and_misses(double):
    targets = double(3, 2, 4, 2, 2)
    loss, accuracy = DensePredictionLoss().loss_and_accuracy(torch.zeros_like(targets), targets)
    assert loss.item() == pytest.approx(math.log(3 * 2 * 4)) and accuracy == 0


def test_two_positions_of_one_channel_are_enough():
    maps = torch.tensor([2.0, -2.0]).view(2, 1, 1, 1, 1)  # dot products 4 and -4
    assert dense_prediction(maps, maps).item() == pytest.approx(math.log1p(math.exp(-8)), rel=1e-3)


def test_gradient(double):
    tensors = [double(n, 2, 3, 1, 2).requires_grad_() for n in (1, 2)]
    assert torch.autograd.gradcheck(lambda p, t: dense_prediction(p, t, 1), tensors)


def test_half_precision_and_autocast_change_nothing(double):
    predictions, targets = double(2, 2, 4, 2, 2).float(), double(2, 2, 4, 2, 2).float()
    with torch.autocast('cpu', dtype=torch.bfloat16):
        inside = dense_prediction(predictions, targets)
    assert inside == dense_prediction(predictions, targets)
    half = dense_prediction(predictions.bfloat16(), targets)
    assert half.dtype == torch.float32 and half.isfinite()


def test_module_is_registered_and_weighted(double):
    maps = double(2, 2, 4, 2, 2), double(2, 2, 4, 2, 2)
    module = MODELS.build(dict(type='DensePredictionLoss', loss_weight=3.0))
    torch.testing.assert_close(module(*maps), 3 * dense_prediction(*maps))


@pytest.mark.parametrize(
    ('predictions', 'targets', 'first', 'message'),
    [
        ((2, 2, 4, 2, 2), (2, 3, 4, 2, 2), 0, r'got \(2, 2, 4, 2, 2\) and \(2, 3, 4, 2, 2\)'),
        ((2, 4), (2, 4), 0, 'needs maps'),
        ((2, 2, 4, 2, 2), (3, 2, 4, 2, 2), 2, 'samples 2 to 3 of 3'),
        ((1, 1, 4, 1, 1), (1, 1, 4, 1, 1), 0, 'at least 2 positions'),
    ],
)
def test_errors(predictions, targets, first, message):
    with pytest.raises(ValueError, match=message):
        dense_prediction(torch.ones(predictions), torch.ones(targets), first)
