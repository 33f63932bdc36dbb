"""Any method trains on any backbone: a step of each."""

from __future__ import annotations

import pytest

from tests.methods import every_method
from tests.models.backbones.small import NAMES

FAST = ('slowfast',)  # unlike a ResNet; that one has all other tests
BACKBONES = [name if name in FAST else pytest.param(name, marks=pytest.mark.slow) for name in NAMES]


@pytest.mark.parametrize('name', BACKBONES)
@every_method
def test_step_reaches_the_whole_backbone(case, name, fed):
    model = case.model(backbone=name)
    clips, samples = fed(case)
    logs = model(clips[:4], samples[:4], mode='loss')
    loss = sum(value for key, value in logs.items() if key.startswith('loss_'))
    assert loss.isfinite()
    loss.backward()
    grads = {key: p.grad for key, p in model.backbone.named_parameters()}
    assert not [key for key, grad in grads.items() if grad is None or not grad.isfinite().all()]
