"""Parameters and multiply-adds: in closed form, and as published for each backbone."""

from __future__ import annotations

import pytest
import torch
from mmaction.models import ResNet3d
from torch import nn
from torchvision.models.video import R3D_18_Weights, S3D_Weights

from mlfo_mm.engine.config import load_config
from mlfo_mm.models import S3D, SlowFast
from mlfo_mm.models.utils import complexity
from tests.conftest import REPO

CLASSES = 400


def test_one_layer():
    layer = nn.Conv3d(3, 8, (3, 5, 5), (1, 2, 2), (1, 2, 2))
    cost = complexity(layer, clip_len=4, crop_size=6)
    assert cost.params_m * 1e6 == 8 * 3 * 75 + 8
    assert cost.gflops * 1e9 == 8 * 3 * 75 * (4 * 3 * 3)


def test_backbone_stays_as_it_is():
    backbone = S3D(4).train()
    before = {key: value.clone() for key, value in backbone.state_dict().items()}
    complexity(backbone, 16, 32)
    assert backbone.training
    assert all(torch.equal(before[key], value) for key, value in backbone.state_dict().items())


def test_s3d_is_as_torchvision_publishes():
    published = S3D_Weights.KINETICS400_V1.meta  # with a classifier on its 1024 features
    cost = complexity(S3D(), 16, 224)
    assert cost.params_m * 1e6 == published['num_params'] - (1024 + 1) * CLASSES
    assert cost.gflops == pytest.approx(published['_ops'], abs=1e-3)


def test_r3d18_is_as_torchvision_publishes_but_for_the_stem():
    config = load_config(REPO / 'configs/mlfo/r3d18_k400.py').model.backbone
    config.pop('type')
    published = R3D_18_Weights.KINETICS400_V1.meta
    parameters = published['num_params'] - (512 + 1) * CLASSES
    # torchvision's stem: 3 frames, no pool; the paper's: 7 frames, a pool
    same_stem = complexity(
        ResNet3d(**config | dict(conv1_kernel=(3, 7, 7), with_pool1=False)), 16, 112
    )
    assert same_stem.params_m * 1e6 == parameters
    assert same_stem.gflops == pytest.approx(published['_ops'], abs=1e-3)
    cost = complexity(ResNet3d(**config), 16, 112)
    assert cost.params_m * 1e6 == parameters + (7 - 3) * 7 * 7 * 3 * 64
    assert cost.gflops == pytest.approx(13.31, abs=0.01)


@pytest.mark.parametrize(
    ('rates', 'gflops', 'params_m'),
    [
        # GFLOPs of the paper's Table 2 (crops of 256), parameters of MMAction2's model zoo
        (dict(resample_rate=8, speed_ratio=8, fusion_kernel=5), 36.1, 34.5),
        (dict(resample_rate=4, speed_ratio=4, fusion_kernel=7), 65.7, 34.6),
    ],
    ids=['4x16', '8x8'],
)
def test_slowfast_r50_is_as_published(rates, gflops, params_m):
    cost = complexity(SlowFast(**rates), 32, 256)
    assert cost.gflops == pytest.approx(gflops, abs=0.05)
    assert cost.params_m + (2304 + 1) * CLASSES / 1e6 == pytest.approx(params_m, abs=0.05)
