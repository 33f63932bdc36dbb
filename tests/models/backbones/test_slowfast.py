"""SlowFast against MMAction2's, and the fusion of its pathways."""

from __future__ import annotations

import pytest
import torch
from mmaction.models import ResNet3dSlowFast
from mmaction.models.heads import SlowFastHead
from torch.testing import assert_close

from mlfo_mm.models import SlowFast

SMALL = dict(depth=18, base_channels=16)


@pytest.fixture
def clips() -> torch.Tensor:
    torch.manual_seed(0)
    return torch.randn(2, 3, 16, 32, 32)


@pytest.mark.parametrize(('resample_rate', 'speed_ratio'), [(4, 4), (4, 2), (8, 8), (2, 2)])
def test_high_level_is_both_pathways_of_mmactions_forward(resample_rate, speed_ratio, clips):
    backbone = SlowFast(**SMALL, resample_rate=resample_rate, speed_ratio=speed_ratio).eval()
    with torch.no_grad():
        slow, fast = ResNet3dSlowFast.forward(backbone, clips)
        high = backbone(clips)[-1]
    channels = slow.shape[1]
    assert_close(high[:, :channels], slow)
    assert fast.shape[2] == speed_ratio * slow.shape[2]
    for step in range(slow.shape[2]):
        belonging = fast[:, :, step * speed_ratio : (step + 1) * speed_ratio]
        assert_close(high[:, channels:, step], belonging.mean(2))


def test_pooled_high_level_is_what_the_classifier_of_slowfast_reads(clips):
    backbone = SlowFast(**SMALL).eval()
    head = SlowFastHead(num_classes=5, in_channels=16 * 8 + 16, dropout_ratio=0).eval()
    with torch.no_grad():
        expected = head(ResNet3dSlowFast.forward(backbone, clips))
        # the head puts the fast pathway first
        pooled = backbone(clips)[-1].mean((2, 3, 4)).roll(16, 1)
        assert_close(head.fc_cls(pooled), expected)


def test_default_is_mmactions_slowfast_r50_8x8():
    pathway = dict(type='resnet3d', depth=50, pretrained=None, conv1_stride_t=1, pool1_stride_t=1)
    slow = dict(lateral=True, conv1_kernel=(1, 7, 7), inflate=(0, 0, 1, 1), fusion_kernel=7)
    fast = dict(lateral=False, base_channels=8, conv1_kernel=(5, 7, 7))
    with torch.device('meta'):
        expected = ResNet3dSlowFast(
            resample_rate=4,
            speed_ratio=4,
            channel_ratio=8,
            slow_pathway=pathway | slow,
            fast_pathway=pathway | fast,
        )
        backbone = SlowFast()
    assert str(backbone).split('\n')[1:] == str(expected).split('\n')[1:]


def test_long_clip_has_more_steps(clips):
    levels = SlowFast(**SMALL)(torch.cat([clips, clips], 2))
    assert [level.shape[2] for level in levels] == [8, 8, 8]


@pytest.mark.parametrize(
    'sizes', [dict(resample_rate=8, speed_ratio=3), dict(base_channels=12), dict(resample_rate=2)]
)
def test_rates_and_widths_that_do_not_divide(sizes):
    with pytest.raises(ValueError, match=r'multiple of speed_ratio and base_channels of'):
        SlowFast(**(SMALL | sizes))


def test_clip_that_is_no_multiple_of_the_rate():
    with pytest.raises(ValueError, match=r'18 frames are no multiple of it, change clip_len'):
        SlowFast(**SMALL)(torch.zeros(1, 3, 18, 32, 32))
