"""The cost that a record names is counted once, for each backbone and each size of clip."""

from __future__ import annotations

from types import SimpleNamespace
from typing import ClassVar

import torch
from torch import nn

from mlfo_mm.evaluation import cost


class Counted(nn.Conv3d):
    """A layer that counts on how many clips it ran, in all copies alike."""

    seen: ClassVar[list[torch.Size]] = []

    def forward(self, clips: torch.Tensor) -> torch.Tensor:
        self.seen.append(clips.shape)
        return super().forward(clips)


def test_a_backbone_is_counted_once_for_each_size():
    layer = Counted(3, 2, 1, bias=False)
    Counted.seen.clear()
    for size in (4, 8, 4):
        found = cost.backbone_cost(layer, SimpleNamespace(clip_len=2, crop_size=size))
        assert found == dict(params_m=0.0, gflops=round(2 * size * size * 6 / 1e9, 4))
        found.clear()  # what a record does with it is its own affair
    assert Counted.seen == [(1, 3, 2, 4, 4), (1, 3, 2, 8, 8)]
    cost.backbone_cost(Counted(3, 2, 1), SimpleNamespace(clip_len=2, crop_size=4))
    assert len(Counted.seen) == 3
