"""Padding in time: torch's own on made input, the plain network for zeros, names and copies as they were."""

from __future__ import annotations

import copy

import pytest
import torch
import torch.nn.functional as F
from mmaction.registry import MODELS
from torch import nn

from mlfo_mm.models.utils import pad_in_time
from mlfo_mm.models.utils.padding import extended
from tests.models.backbones.small import NAMES, small

OTHERS = ('replicate', 'circular')
# what oneDNN adds up in another order where it pads by itself
CLOSE = dict(rtol=1e-5, atol=1e-6)


def padded(layer: nn.Module, padding: str) -> nn.Module:
    other = copy.deepcopy(layer)
    pad_in_time(other, padding)
    return other


@pytest.mark.parametrize('padding', OTHERS)
@pytest.mark.parametrize(('steps', 'size'), [(4, 1), (4, 3), (3, 3), (2, 1), (1, 1)])
def test_as_torch_pads(padding, steps, size):
    x = torch.randn(2, 3, steps, 4, 5)
    assert torch.equal(extended(x, size, padding), F.pad(x, (0, 0, 0, 0, size, size), padding))


def test_short_clips_are_gone_around_more_than_once():
    x = torch.arange(2.0)[None, None, :, None, None]
    assert extended(x, 3, 'circular').flatten().tolist() == [1, 0, 1, 0, 1, 0, 1, 0]
    assert extended(x, 3, 'replicate').flatten().tolist() == [0, 0, 0, 0, 1, 1, 1, 1]


@pytest.mark.parametrize('padding', OTHERS)
@pytest.mark.parametrize('stride', [1, 2])
def test_a_convolution_sees_torchs_padding_in_time_and_zeros_in_space(padding, stride):
    conv = nn.Conv3d(2, 3, (5, 3, 3), (stride, 1, 2), padding=(2, 1, 1), dilation=(1, 1, 1))
    x = torch.randn(2, 2, 6, 5, 5, requires_grad=True)
    wanted = F.conv3d(
        F.pad(x, (0, 0, 0, 0, 2, 2), padding), conv.weight, conv.bias, conv.stride, (0, 1, 1)
    )
    other = padded(conv, padding)
    found = other(x)
    torch.testing.assert_close(found, wanted, **CLOSE)
    assert found.shape == conv(x).shape
    (slope,) = torch.autograd.grad(found.square().sum(), x)
    (by_torch,) = torch.autograd.grad(wanted.square().sum(), x)
    torch.testing.assert_close(slope, by_torch, rtol=1e-4, atol=1e-4)


def test_a_still_video_stays_still_where_its_ends_are_not_marked():
    conv = nn.Conv3d(1, 1, (3, 1, 1), padding=(1, 0, 0), bias=False)
    nn.init.ones_(conv.weight)
    still = torch.full((1, 1, 4, 1, 1), 2.0)
    assert conv(still).flatten().tolist() == [4, 6, 6, 4]
    for padding in OTHERS:
        assert padded(conv, padding)(still).flatten().tolist() == [6, 6, 6, 6]
    ramp = torch.arange(4.0).reshape(1, 1, 4, 1, 1)
    assert conv(ramp).flatten().tolist() == [1, 3, 6, 5]
    assert padded(conv, 'replicate')(ramp).flatten().tolist() == [1, 3, 6, 8]
    assert padded(conv, 'circular')(ramp).flatten().tolist() == [4, 3, 6, 5]


def test_poolings():
    x = torch.tensor([5.0, -1, -2, -3, 7])[None, None, :, None, None]
    largest = nn.MaxPool3d((3, 1, 1), 1, (1, 0, 0))
    assert padded(largest, 'replicate')(x).flatten().tolist() == largest(x).flatten().tolist()
    assert padded(largest, 'circular')(x).flatten().tolist() == [7, 5, -1, 7, 7]
    mean = nn.AvgPool3d((3, 1, 1), 1, (1, 0, 0))
    assert padded(mean, 'replicate')(x)[0, 0, 0].item() == pytest.approx(3)
    alone = nn.MaxPool3d(2)
    pad_in_time(alone, 'circular')
    assert not alone._forward_pre_hooks


def test_an_unknown_padding_is_named():
    with pytest.raises(ValueError, match='replicate, circular, not'):
        pad_in_time(nn.Conv3d(1, 1, 3, padding=1), 'reflect')


def same(a: torch.Tensor, b: torch.Tensor) -> bool:
    """Whether two maps differ by rounding alone, however small what is in them."""
    return bool((a - b).abs().max() <= 1e-9 * b.abs().max())


@pytest.mark.parametrize('name', NAMES)
def test_every_backbone(name):
    torch.manual_seed(0)
    plain = MODELS.build(small(name)).double().eval()
    clips = torch.randn(1, 3, 8, 32, 32, dtype=torch.float64)
    still = clips[:, :, :1].expand_as(clips)
    with torch.no_grad():
        before = plain(clips)
        assert all(map(torch.equal, before, padded(plain, 'zeros')(clips)))
        for padding in OTHERS:
            other = padded(plain, padding)
            levels = other(clips)
            assert [level.shape for level in levels] == [level.shape for level in before]
            assert not same(levels[-1], before[-1])
            assert other.state_dict().keys() == plain.state_dict().keys()
            assert all(map(torch.equal, levels, copy.deepcopy(other)(clips)))
            assert all(same(level, level[:, :, :1]) for level in other(still))
        high = plain(still)[-1]
        assert not same(high, high[:, :, :1])


@pytest.mark.parametrize('name', NAMES)
def test_circular_time_has_no_beginning(name):
    """A clip that is turned by half its length gives levels that are turned by half theirs."""
    torch.manual_seed(1)
    net = MODELS.build(small(name)).double().eval()
    pad_in_time(net, 'circular')
    clips = torch.randn(1, 3, 8, 32, 32, dtype=torch.float64)
    with torch.no_grad():
        for level, turned in zip(net(clips), net(clips.roll(4, 2)), strict=True):
            assert same(turned, level.roll(level.shape[2] // 2, 2))
