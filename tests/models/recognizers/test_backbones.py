"""Any method trains on any backbone: a step of each kind of recognizer."""

from __future__ import annotations

import pytest
import torch
from mmaction.registry import MODELS
from mmaction.structures import ActionDataSample

from mlfo_mm.engine.config import load_config
from tests.models.backbones.small import NAMES, small

# clips of a sample, and rows of its label
METHODS = {'mlfo': (3, 1), 'moco': (2, 1), 'vcop': (3, 1), 'speednet': (2, 2), 'memdpc': (3, 1)}


@pytest.mark.parametrize('name', NAMES)
@pytest.mark.parametrize('method', METHODS)
def test_step_reaches_the_whole_backbone(method, name):
    config = load_config(f'{method}/r3d18@smoke').model
    config.backbone = small(name)
    torch.manual_seed(0)
    model = MODELS.build(config)
    views, rows = METHODS[method]
    label = torch.zeros(rows, 1, dtype=torch.long)
    samples = [ActionDataSample().set_gt_label(label) for _ in range(4)]
    logs = model(torch.randn(4, views, 3, 8, 32, 32), samples, mode='loss')
    loss = sum(value for key, value in logs.items() if key.startswith('loss_'))
    assert loss.isfinite()
    loss.backward()
    grads = {key: p.grad for key, p in model.backbone.named_parameters()}
    assert not [key for key, grad in grads.items() if grad is None or not grad.isfinite().all()]
