"""The heads' logits and losses against slow loops in float64."""

from __future__ import annotations

import math
from itertools import combinations

import pytest
import torch

from mlfo_mm.models import ClipHead, OrderHead, RegressionHead, TupleHead
from mlfo_mm.models.utils import TermBound

N, V, C = 3, 4, 5


def features(clips: int = V) -> torch.Tensor:
    torch.manual_seed(0)
    return torch.randn(N, clips, C, 2, 3, 3, dtype=torch.float64)


def slow_cross_entropy(logits: list[list[float]], labels: list[int]) -> float:
    terms = [
        math.log(sum(math.exp(x) for x in row)) - row[label]
        for row, label in zip(logits, labels, strict=True)
    ]
    return sum(terms) / len(terms)


@pytest.mark.parametrize('pool', ['mean', 'spatial_max'])
def test_clip_head(pool):
    x = features()
    head = ClipHead(C, dict(transformation=4, speed=3), pool).double()
    labels = torch.randint(3, (N, V, 2))
    labels[:, 2:, 1] = -1
    logs = head.loss(x, labels)
    logits, speeds = [], []
    for n in range(N):
        for v in range(V):
            steps = [
                torch.stack([x[n, v, c, t].max() if pool == 'spatial_max' else x[n, v, c, t].mean()
                             for c in range(C)]) for t in range(2)
            ]  # fmt: skip
            out = head.fc.weight @ ((steps[0] + steps[1]) / 2) + head.fc.bias
            logits.append(out[:4].tolist())
            if v < 2:
                speeds.append((out[4:].tolist(), int(labels[n, v, 1])))
    expected = slow_cross_entropy(logits, labels[..., 0].flatten().tolist())
    assert logs['loss_transformation'].item() == pytest.approx(expected, abs=1e-10)
    expected = slow_cross_entropy(*map(list, zip(*speeds, strict=True)))
    assert logs['loss_speed'].item() == pytest.approx(expected, abs=1e-10)
    hits = [max(range(3), key=row.__getitem__) == label for row, label in speeds]
    assert logs['acc_speed'].item() == pytest.approx(sum(hits) / len(hits))


def test_single_logit_is_binary_cross_entropy():
    head = ClipHead(C, dict(speed=1)).double()
    x, labels = features(2), torch.tensor([[[0], [1]]] * N)
    logits = head(x.flatten(0, 1))['speed'][:, 0]
    expected = 0.0
    for logit, label in zip(logits.tolist(), labels.flatten().tolist(), strict=True):
        p = 1 / (1 + math.exp(-logit))
        expected -= math.log(p if label else 1 - p) / len(logits)
    assert head.loss(x, labels)['loss_speed'].item() == pytest.approx(expected, abs=1e-10)


def test_order_head():
    x = features(3)
    head = OrderHead(C, hidden_channels=7).double().eval()
    labels = torch.tensor([[[0]], [[3]], [[5]]])
    rows = []
    for n in range(N):
        pooled = [x[n, v].mean((1, 2, 3)) for v in range(3)]
        layer = head.compare[0]
        pairs = [
            (layer.weight @ torch.cat([pooled[i], pooled[j]]) + layer.bias).clamp(min=0)
            for i, j in combinations(range(3), 2)
        ]
        rows.append((head.fc.weight @ torch.cat(pairs) + head.fc.bias).tolist())
    logs = head.loss(x, labels)
    expected = slow_cross_entropy(rows, labels.flatten().tolist())
    assert logs['loss_order'].item() == pytest.approx(expected, abs=1e-10)
    assert head(x).shape == (N, 6)


@pytest.mark.parametrize('hidden', [None, 6])
def test_tuple_head(hidden):
    x = features(3)
    head = TupleHead(C, 'operation', 5, 3, hidden, shortcut='frames', left=2.5).double()
    labels = torch.tensor([[[0]], [[4]], [[2]]])
    rows = []
    for n in range(N):
        row = torch.cat([x[n, v].mean((1, 2, 3)) for v in range(3)])
        if hidden:
            row = (head.fc[0].weight @ row + head.fc[0].bias).clamp(min=0)
        rows.append((head.fc[-1].weight @ row + head.fc[-1].bias).tolist())
    expected = slow_cross_entropy(rows, labels.flatten().tolist())
    assert head.loss(x, labels)['loss_operation'].item() == pytest.approx(expected, abs=1e-10)
    assert head.monitor_bounds() == {'loss_operation': TermBound(5, 1.0, 'frames', 2.5)}
    assert len(head.fc) == (4 if hidden else 2)


def test_regression_head():
    x = features(2)
    head = RegressionHead(C, dict(motion=2, colour=3), dict(colour=0.1)).double()
    labels = torch.randint(9, (N, 2, 5)).float()
    errors = torch.zeros(2 * N, 5)
    for n in range(N):
        for v in range(2):
            found = head.fc.weight @ x[n, v].mean((1, 2, 3)) + head.fc.bias
            errors[2 * n + v] = (found - labels[n, v]) ** 2
    logs = head.loss(x, labels)
    assert logs['loss_motion'].item() == pytest.approx(errors[:, :2].mean().item())
    assert logs['loss_colour'].item() == pytest.approx(0.1 * errors[:, 2:].mean().item())
    columns = labels.flatten(0, 1)[:, :2]
    expected = 1 - errors[:, :2].sum() / (len(columns) * columns.var(0).sum())
    assert logs['stat_explained_motion'].item() == pytest.approx(expected.item())
    assert head.monitor_bounds().keys() == {'stat_explained_motion', 'stat_explained_colour'}
    with pytest.raises(ValueError, match=r"weights name \['size'\]"):
        RegressionHead(C, dict(motion=2), dict(size=1.0))


@pytest.mark.parametrize(
    ('head', 'labels', 'message'),
    [
        (ClipHead(C, dict(pace=4)), torch.zeros(N, 1, 1), '4 clips and 1 tasks need labels'),
        (ClipHead(C, dict(pace=4)), torch.full((N, V, 1), 4), 'pace has 4 classes and labels from'),
        (OrderHead(C), torch.zeros(N, 1, 1), 'the head orders 3 clips, the pipeline gives 4'),
        (RegressionHead(C, dict(motion=2)), torch.zeros(N, V, 1), '4 clips and 2 numbers need'),
        (TupleHead(C, 'order', 5, 3), torch.zeros(N, 1, 1), 'reads 3 clips, the pipeline gives 4'),
        (TupleHead(C, 'order', 5, V), torch.zeros(N, V, 1), 'order is one label a sample'),
        (OrderHead(C, V), torch.zeros(N, V, 1), 'one label a sample, .* needs SampleClipOrder'),
    ],
)
def test_what_does_not_fit_is_named(head, labels, message):
    with pytest.raises(ValueError, match=message):
        head.double().loss(features(), labels.long())


def test_unknown_pool():
    with pytest.raises(ValueError, match="not 'max'"):
        ClipHead(C, dict(pace=4), pool='max')


@pytest.mark.parametrize('head', [ClipHead, RegressionHead])
def test_a_task_without_answers_is_refused(head):
    with pytest.raises(ValueError, match='speed must be above 0, got -1'):
        head(C, dict(pace=2, speed=-1))
