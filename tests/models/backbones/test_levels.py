"""What every backbone owes a recognizer: three levels with time to spare, from shipped configs."""

from __future__ import annotations

import pytest
import torch
from mmaction.registry import MODELS
from torch import nn

from mlfo_mm.engine.config import load_config
from mlfo_mm.evaluation.weights import load_backbone, random_weights
from tests.models.backbones.small import NAMES, full, small


def build(name: str) -> nn.Module:
    return MODELS.build(small(name))


def shapes(config: dict, clip_len: int, crop_size: int) -> list[tuple[int, ...]]:
    with torch.device('meta'):
        backbone = MODELS.build(config).eval()
        clips = torch.empty(2, 3, clip_len, crop_size, crop_size)
        return [tuple(level.shape) for level in backbone(clips)]


def test_shapes_at_16_frames_of_112_pixels():
    # no pool after the stem: twice the height and width of R3D-18
    resnet = [(2, 128, 8, 28, 28), (2, 256, 4, 14, 14), (2, 512, 2, 7, 7)]
    # stem 8x56x56, pools 28 and 14; a pool before mid (7) and one, without padding, before high
    s3d = [(2, 480, 8, 14, 14), (2, 832, 4, 7, 7), (2, 1024, 2, 3, 3)]
    # stem 16x56x56, pool 28; then every stage halves time and space
    r3d18 = [(2, 128, 8, 14, 14), (2, 256, 4, 7, 7), (2, 512, 2, 4, 4)]
    assert {name: shapes(full(name), 16, 112) for name in NAMES} == {
        'r3d18': r3d18,
        'r3d34': r3d18,
        'i3d': s3d,
        's3d': s3d,
        's3dg': s3d,
        # 4 slow frames; four times the ResNet's width, and an eighth of that from the fast pathway
        'slowfast': [
            (2, 512 + 64, 4, 14, 14),
            (2, 1024 + 128, 4, 7, 7),
            (2, 2048 + 256, 4, 4, 4),
        ],
        'c3d': [(2, 256, 8, 28, 28), (2, 512, 4, 14, 14), (2, 512, 2, 7, 7)],
        # two stages keep all frames
        'r2d3d34': [(2, 128, 16, 14, 14), (2, 256, 8, 7, 7), (2, 256, 4, 4, 4)],
        'r2plus1d': resnet,
        'r2plus1d18': resnet,
        'r3d': resnet,
    }


@pytest.mark.parametrize('name', NAMES)
def test_a_backbone_is_called_as_its_file(name):
    assert load_config(f'mlfo/{name}@smoke').backbone_name == name


@pytest.mark.parametrize('profile', ['smoke', 'demo', 'mini', 'k400'])
@pytest.mark.parametrize('name', NAMES)
def test_levels_have_steps_to_reorder_and_to_pair(name, profile):
    config = load_config(f'mlfo/{name}@{profile}')
    levels = shapes(config.model.backbone, config.clip_len, config.crop_size)
    steps = [level[2] for level in levels]
    if name == 'r2d3d34' and profile == 'k400':
        assert steps == [16, 8, 4]  # whatever it is shown, it keeps more of it
    elif (name, profile) == ('r3d18', 'demo'):
        assert steps == [4, 2, 1]  # cheap rather than faithful
    else:
        assert steps == ([4, 4, 4] if name == 'slowfast' else [8, 4, 2])


@pytest.mark.parametrize('name', NAMES)
def test_high_level_reaches_every_parameter(name):
    backbone = build(name)
    backbone(torch.randn(2, 3, 8, 32, 32))[-1].square().mean().backward()
    assert not [key for key, p in backbone.named_parameters() if p.grad is None]


@pytest.mark.parametrize('name', NAMES)
def test_order_of_frames_counts(name):
    backbone = build(name).eval()
    torch.manual_seed(0)
    clip = torch.randn(1, 3, 8, 32, 32)
    first = int(name == 'r2d3d34')  # whose low level takes frames one by one
    for ahead, back in zip(backbone(clip)[first:], backbone(clip.flip(2))[first:], strict=True):
        assert not torch.allclose(ahead.mean((2, 3, 4)), back.mean((2, 3, 4)), rtol=1e-3, atol=0)


@pytest.mark.parametrize('name', NAMES)
def test_random_weights_are_those_of_the_seed(name):
    states = []
    for seed in (0, 1, 1):
        backbone = build(name)
        random_weights(backbone, seed)
        states.append(backbone.state_dict())
    weights = [key for key, value in states[0].items() if value.ndim > 1]
    assert not [key for key in weights if torch.equal(states[0][key], states[1][key])]
    assert all(torch.equal(states[1][key], value) for key, value in states[2].items())


@pytest.mark.parametrize('name', NAMES)
def test_checkpoint_of_a_run_fits(name, tmp_path):
    path = tmp_path / 'epoch_1.pth'
    trained, fresh = build(name), build(name)
    torch.save({'state_dict': {f'backbone.{k}': v for k, v in trained.state_dict().items()}}, path)
    load_backbone(fresh, path, 'mlfo', 'default', name)
    for key, value in trained.state_dict().items():
        assert torch.equal(fresh.state_dict()[key], value)
