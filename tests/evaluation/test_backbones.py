"""Every backbone goes through the evaluation of frozen features, each of its levels too."""

from __future__ import annotations

import pytest
import torch
from mmaction.registry import MODELS

from mlfo_mm.errors import UserError
from mlfo_mm.evaluation.evaluate import evaluate
from mlfo_mm.evaluation.weights import load_backbone
from tests.models.backbones.small import small

RUNS = {
    name: f'{method}/{name}@smoke'
    for name, method in dict(s3d='mlfo', slowfast='mlfo', r2plus1d='vcop', s3dg='speednet').items()
}


@pytest.mark.parametrize('name', RUNS)
def test_probe_of_each_level(name, request_for, tmp_path):
    request = request_for('level_probe', run=RUNS[name])
    record, _ = evaluate(request, tmp_path / 'results')
    assert record.backbone == name
    assert {f'top1_{level}' for level in ('low', 'mid', 'high')} <= record.metrics.keys()
    assert record.n_samples['test'] == {'expected': 4, 'read': 4, 'skipped': 0}


@pytest.mark.parametrize(
    ('name', 'other', 'family'),
    [
        ('s3d', 'slowfast', 'SlowFast'),
        ('slowfast', 's3d', "torchvision's S3D"),
        ('slowfast', 's3dg', 'S3D-G'),
        ('c3d', 'i3d', 'I3D'),
        ('s3dg', 'c3d', 'C3D'),
        ('s3d', 'r2plus1d', r'R\(2\+1\)D'),
        ('c3d', 'r2d3d34', 'a mmaction ResNet3d'),
    ],
)
def test_weights_of_another_backbone_are_named(name, other, family, tmp_path):
    backbones = [MODELS.build(small(n)) for n in (name, other)]
    state = {f'backbone.{key}': value for key, value in backbones[1].state_dict().items()}
    torch.save({'state_dict': state}, tmp_path / 'other.pth')
    with pytest.raises(UserError, match=rf'matched 0 of .* the keys look like {family}'):
        load_backbone(backbones[0], tmp_path / 'other.pth', 'mlfo', 'paper', name)
