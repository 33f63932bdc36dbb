"""Any method trains on any backbone: a step of each."""

from __future__ import annotations

import pytest

from tests.methods import CASES
from tests.models.backbones.small import NAMES

EVERYWHERE = ('mlfo',)
PAIRS = [
    pytest.param(
        case,
        name,
        id=f'{case.name}-{name}',
        # each method on one of them, in turn; R3D-18 has all other tests
        marks=[] if case.name in EVERYWHERE or row % len(NAMES) == column else pytest.mark.product,
    )
    for row, case in enumerate(CASES)
    for column, name in enumerate(NAMES)
]


@pytest.mark.parametrize(('case', 'name'), PAIRS)
def test_step_reaches_the_whole_backbone(case, name, fed):
    model = case.model(backbone=name)
    clips, samples = fed(case)
    logs = model(clips[:4], samples[:4], mode='loss')
    loss = sum(value for key, value in logs.items() if key.startswith('loss_'))
    assert loss.isfinite()
    loss.backward()
    grads = {key: p.grad for key, p in model.backbone.named_parameters()}
    assert not [key for key, grad in grads.items() if grad is None or not grad.isfinite().all()]
