"""Every backbone goes through the evaluation of frozen features, each of its levels too."""

from __future__ import annotations

import pytest
import torch
from mmaction.registry import MODELS

from mlfo_mm.engine.config import load_config
from mlfo_mm.errors import UserError
from mlfo_mm.evaluation.evaluate import evaluate
from mlfo_mm.evaluation.weights import load_backbone
from tests.conftest import REPO

CONFIGS = {name: REPO / f'configs/mlfo/{name}_smoke.py' for name in ('s3d', 'slowfast')}


@pytest.mark.parametrize('name', CONFIGS)
def test_probe_of_each_level(name, request_for, tmp_path):
    request = request_for('level_probe', config=CONFIGS[name])
    record, _ = evaluate(request, tmp_path / 'results')
    assert record.backbone == name
    assert {f'top1_{level}' for level in ('low', 'mid', 'high')} <= record.metrics.keys()
    assert record.n_samples['test'] == {'expected': 4, 'read': 4, 'skipped': 0}


@pytest.mark.parametrize(('name', 'other'), [('s3d', 'slowfast'), ('slowfast', 's3d')])
def test_weights_of_another_backbone_are_named(name, other, tmp_path):
    backbones = [MODELS.build(load_config(CONFIGS[n]).model.backbone) for n in (name, other)]
    state = {f'backbone.{key}': value for key, value in backbones[1].state_dict().items()}
    torch.save({'state_dict': state}, tmp_path / 'other.pth')
    family = {'s3d': "torchvision's S3D", 'slowfast': 'SlowFast'}[other]
    with pytest.raises(UserError, match=rf'matched 0 of .* the keys look like {family}'):
        load_backbone(backbones[0], tmp_path / 'other.pth', 'mlfo', 'paper', name)
