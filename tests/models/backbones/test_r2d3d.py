"""R2D3D: two stages in space, two in space and time."""

from __future__ import annotations

import pytest
import torch

from mlfo_mm.models import R2D3D


@pytest.mark.parametrize('depth', [18, 34])
def test_two_stages_take_frames_one_by_one_and_two_do_not(depth):
    backbone = R2D3D(depth, base_channels=4)
    stages = [backbone.conv1, *(getattr(backbone, name) for name in backbone.res_layers)]
    kernels = [
        {m.kernel_size[0] for m in stage.modules() if isinstance(m, torch.nn.Conv3d)}
        for stage in stages
    ]
    assert kernels == [{1}, {1}, {1}, {1, 3}, {1, 3}]  # a shortcut has one of 1
    assert [len(stage) for stage in stages[1:]] == {18: [2] * 4, 34: [3, 4, 6, 3]}[depth]


def test_blocks_of_memdpc():
    backbone = R2D3D().to('meta').eval()
    levels = backbone(torch.empty(2, 3, 5, 224, 224, device='meta'))
    assert [tuple(level.shape) for level in levels] == [
        (2, 128, 5, 28, 28),
        (2, 256, 3, 14, 14),
        (2, 256, 2, 7, 7),
    ]


def test_features_have_either_sign():
    torch.manual_seed(0)
    low, mid, high = R2D3D(18, 4)(torch.randn(2, 3, 5, 32, 32))
    assert low.min() == mid.min() == 0
    assert high.min() < 0 < high.max()
