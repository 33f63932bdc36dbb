"""Parameters and multiply-adds: in closed form, and as published, or as the authors' code counts."""

from __future__ import annotations

import pytest
import torch
from mmaction.models import ResNet3d
from mmaction.registry import MODELS
from torch import nn
from torchvision.models.video import R3D_18_Weights, S3D_Weights
from torchvision.models.video.resnet import BasicBlock, BasicStem, Conv3DSimple, VideoResNet

from mlfo_mm.engine.config import load_config
from mlfo_mm.models import I3D, R2D3D, S3D, SlowFast
from mlfo_mm.models.utils import complexity
from tests.models.backbones.small import full

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
    config = load_config('mlfo/r3d18@k400').model.backbone
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


def other(name: str) -> nn.Module:
    with torch.device('meta'):
        return MODELS.build(full(name))


def test_r3d_is_torchvisions_with_one_block_a_stage():
    with torch.device('meta'):
        reference = VideoResNet(BasicBlock, [Conv3DSimple] * 4, [1] * 4, BasicStem)
    reference.fc = nn.Identity()
    cost = complexity(other('r3d'), 16, 112)
    assert cost == complexity(reference, 16, 112)
    # R3DNet((1, 1, 1, 1)) of xudejing/video-clip-order-prediction has as many
    assert round(cost.params_m * 1e6) == 14_361_792


def test_r2plus1d_is_that_of_vcops_code_but_for_the_middle_of_shortcuts():
    # R2Plus1DNet((1, 1, 1, 1)) of xudejing/video-clip-order-prediction: M is in * out / (in + out)
    # in a shortcut, MMAction2 has 3 * in * out / (in + 3 * out)
    more = 0
    for inside, outside in ((64, 128), (128, 256), (256, 512)):
        theirs = inside * outside // (inside + outside)
        ours = 3 * inside * outside // (inside + 3 * outside)
        more += (ours - theirs) * (inside + outside + 2)  # 2 for batch norm
    cost = complexity(other('r2plus1d'), 16, 112)
    assert round(cost.params_m * 1e6) == 14_365_303 + more


def test_r2plus1d18_has_the_parameters_of_r3d18():
    # which fix the width between the two parts of a convolution (section 3.5 of its paper)
    published = R3D_18_Weights.KINETICS400_V1.meta['num_params'] - (512 + 1) * 400
    cost = complexity(other('r2plus1d18'), 16, 112)
    assert cost.params_m * 1e6 == pytest.approx(published, rel=0.002)


@pytest.mark.parametrize(
    ('depth', 'params', 'gflops'), [(18, 14_057_536, 9.318285312), (34, 32_422_208, 21.456863232)]
)
def test_r2d3d_is_as_in_the_code_of_memdpc(depth, params, gflops):
    # resnet18_2d3d_full and resnet34_2d3d_full of TengdaHan/MemDPC, one block of its Kinetics run
    with torch.device('meta'):
        cost = complexity(R2D3D(depth), 5, 224)
    assert round(cost.params_m * 1e6) == params
    assert cost.gflops == pytest.approx(gflops)


def test_s3dg_is_s3d_and_its_gates():
    with torch.device('meta'):
        plain = complexity(S3D(), 64, 224)
    cost = complexity(other('s3dg'), 64, 224)
    gates = 1_225_008  # in S3D of laura-wang/video-pace
    assert round((cost.params_m - plain.params_m) * 1e6) == gates
    # the rest of it: the stem there is one convolution of 3 frames, here torchvision's two of 7
    stems = (3 * 7 * 7 * 64 + 7 * 64 * 64 + 4 * 64) - (3 * 3 * 7 * 7 * 64 + 2 * 64)
    assert round(cost.params_m * 1e6) == 9_125_072 + stems
    assert cost.gflops == pytest.approx(plain.gflops + gates / 1e9, abs=1e-4)


def test_i3d_is_as_in_the_code_of_dsm():
    # model/i3d.py of FingerRec/DSM-decoupling-scene-motion without its head; the paper of S3D has
    # 107.89 for it
    with torch.device('meta'):
        cost = complexity(I3D(), 64, 224)
    assert round(cost.params_m * 1e6) == 12_287_264
    assert cost.gflops == pytest.approx(111.150276608)


def test_r3d34_is_resnet_34_with_kernels_of_three():
    # resnet34 of the same code, which pools time after the stem and has as many parameters
    cost = complexity(other('r3d34'), 16, 112)
    assert round(cost.params_m * 1e6) == 63_513_536
    assert cost.gflops == pytest.approx(22.087794688)


def test_c3d_is_as_mmaction2_publishes():
    cost = complexity(other('c3d'), 16, 112)
    layers = (8192 + 1) * 4096 + (4096 + 1) * 4096 + (4096 + 1) * 101  # of UCF101's classes
    # where it has a bias, here are two numbers of batch norm
    norms = 64 + 128 + 2 * 256 + 4 * 512
    assert cost.params_m + (layers - norms) / 1e6 == pytest.approx(78.4, abs=0.05)
    assert cost.gflops == pytest.approx(38.5, abs=0.05)
