"""Every objective at its edges: low temperature, two samples, duplicates, collapse, half precision."""

from __future__ import annotations

import pytest
import torch
from mmaction.registry import MODELS

from mlfo_mm.models import losses
from mlfo_mm.models.losses import sinkhorn

DIM = 16
# relative difference to float32 that rounding of the inputs makes at the losses' own temperatures
TOLERANCE = {torch.float16: 0.01, torch.bfloat16: 0.06}


def balanced(*logits):
    return [*logits, *(sinkhorn(scores) for scores in logits)]


def graphed(loss, z1, z2):
    return loss(z1, z2, loss.build_graph(z1, z2, z1.softmax(1), z2.softmax(1)))


# how each loss reads two views (N, C); every registered loss has a row
READ = {
    'CosinePredictionLoss': lambda loss, z1, z2: loss(z1, z2),
    'CycleContrastLoss': lambda loss, z1, z2: loss(z1, torch.stack([z2, z2.roll(1, 1)], 1)),
    'DensePredictionLoss': lambda loss, z1, z2: loss(
        *(z.reshape(-1, 2, 2, 1, 4) for z in (z1, z2))
    ),
    'GraphConstraintLoss': graphed,
    'InfoNCELoss': lambda loss, z1, z2: loss(z1, z2, z2.detach().roll(1, 0)),
    'MaskedPredictionLoss': lambda loss, z1, z2: loss(
        z1.unflatten(0, (-1, 2)),
        z2.unflatten(0, (-1, 2)),
        torch.tensor([[True, False]] * (len(z1) // 2)),
    ),
    'MarginRankingLoss': lambda loss, z1, z2: loss(z1, z2, z2.roll(1, 0)),
    'MotionDiscriminationLoss': lambda loss, z1, z2: loss(
        z1, z2, z1.flip(1)[None], z2.flip(1)[None]
    ),
    'MultiNCELoss': lambda loss, z1, z2: loss.loss_and_accuracy(
        z1, z2, z2.detach().roll(1, 0), torch.eye(len(z1), dtype=torch.bool)
    )[0],
    'NTXentLoss': lambda loss, z1, z2: loss(z1, z2),
    'ReconstructionLoss': lambda loss, z1, z2: loss(
        *(z.reshape(-1, 1, 4, 2, 2) for z in (z1, z2, torch.ones_like(z2)))
    ),
    'PrototypeContrastLoss': lambda loss, z1, z2: loss(
        z1, z2.detach(), torch.full((len(z2),), 0.2), torch.arange(len(z1))
    ),
    'SwappedPredictionLoss': lambda loss, z1, z2: loss(*balanced(z1, z2)),
    'TemporalContrastLoss': lambda loss, z1, z2: loss(
        z1.unflatten(1, (4, 4)), z2.unflatten(1, (4, 4))
    ),
    'TimestampRetrievalLoss': lambda loss, z1, z2: loss(
        z1.unflatten(1, (4, 4)), z2.unflatten(1, (4, 4)), torch.arange(4)
    ),
    'TrajectoryLoss': lambda loss, z1, z2: sum(
        loss(*(z.unflatten(1, (4, 4)) for z in (z1, z2.float().softmax(1).cumsum(1))))
    ),
}
VARIANTS = {
    'GraphConstraintLoss': [
        {},
        dict(directions='one', views='first_second'),
        dict(kind='instance'),
    ],
    'MotionDiscriminationLoss': [{}, dict(negatives='all')],
    'TimestampRetrievalLoss': [{}, dict(symmetric=True)],
}
CASES = [(name, options) for name in READ for options in VARIANTS.get(name, [{}])]


def views(kind: str, samples: int = 6) -> tuple[torch.Tensor, torch.Tensor]:
    z1, z2 = torch.randn(2, samples, DIM, generator=torch.Generator().manual_seed(0))
    z2 = z1 + 0.5 * z2
    if kind == 'duplicates':
        z1[1], z2[1] = z1[0], z2[0]
    elif kind == 'equal':
        z1, z2 = torch.ones_like(z1), torch.ones_like(z2)
    elif kind == 'opposite':
        z2 = -z1
    elif kind == 'zero':
        z1, z2 = torch.zeros_like(z1), torch.zeros_like(z2)
    elif kind == 'huge':
        z1, z2 = 1e4 * z1, 1e4 * z2
    return z1, z2


def test_every_registered_loss_has_a_row():
    assert {name for name in losses.__all__ if name.endswith('Loss')} == set(READ)


@pytest.mark.parametrize(('name', 'options'), CASES)
@pytest.mark.parametrize('samples', [2, 6])
@pytest.mark.parametrize('kind', ['random', 'duplicates', 'equal', 'opposite', 'zero', 'huge'])
@pytest.mark.parametrize('dtype', [torch.float16, torch.bfloat16, torch.float32], ids=str)
def test_finite(name, options, samples, kind, dtype):
    loss = MODELS.build(dict(type=name, **options))
    if hasattr(loss, 'temperature'):
        loss.temperature = 0.01
    z1, z2 = (z.to(dtype).requires_grad_() for z in views(kind, samples))
    value = READ[name](loss, z1, z2)
    value.backward()
    assert value.dtype == torch.float32
    assert value.isfinite()
    assert z1.grad.isfinite().all()
    assert z2.grad is None or z2.grad.isfinite().all()


@pytest.mark.parametrize(('name', 'options'), CASES)
@pytest.mark.parametrize('dtype', TOLERANCE, ids=str)
def test_half_precision_gives_the_same_loss(name, options, dtype):
    loss = MODELS.build(dict(type=name, **options))
    exact = READ[name](loss, *views('random'))
    half = READ[name](loss, *(z.to(dtype) for z in views('random')))
    torch.testing.assert_close(half, exact, rtol=TOLERANCE[dtype], atol=1e-3)
    with torch.autocast('cpu', dtype=dtype):
        torch.testing.assert_close(READ[name](loss, *views('random')), exact, rtol=1e-6, atol=0)
