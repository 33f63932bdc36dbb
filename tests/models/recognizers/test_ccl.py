"""CCL from its smoke config: what is a frame, what a video, and what meets what."""

from __future__ import annotations

import math

import pytest
import torch
import torch.nn.functional as F
from mmaction.registry import MODELS
from torch.testing import assert_close

from mlfo_mm.engine.config import load_config
from mlfo_mm.models import losses


def build():
    torch.manual_seed(0)
    return MODELS.build(load_config('ccl/r3d18@smoke').model)


def batch(n: int = 4, v: int = 2) -> torch.Tensor:
    return torch.randn(n, v, 3, 8, 32, 32, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize('views', [1, 2])
def test_frames_are_steps_of_the_middle_level_and_a_video_is_all_its_clips(views):
    model, inputs = build().eval(), batch(v=views)
    levels = [model.extract_feat(inputs[:, view]) for view in range(views)]
    frames = [mid.mean((3, 4))[..., step] for _, mid, _ in levels for step in range(mid.shape[2])]
    assert len(frames) == 4 * views
    frames = torch.stack([model.projection(model.lift(each)) for each in frames], 1)
    videos = model.projection(torch.stack([high.mean((2, 3, 4)) for *_, high in levels]).mean(0))
    logs = model.loss(inputs)
    assert_close(logs['loss_cycle'], losses.cycle_contrast(videos, frames, 0.1))
    means = F.normalize(frames, dim=2).mean(1)
    assert_close(logs['loss_contrast'], losses.nt_xent(videos, means, 0.1))
    spreads = [losses.embedding_std(each) for each in frames]
    assert_close(logs['stat_std_frames'], torch.stack(spreads).mean())


def test_frames_and_videos_share_one_batch_of_batch_norm():
    model, inputs, seen = build(), batch(), []
    model.projection.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0].shape))
    model.loss(inputs)
    assert seen == [(4 * 8 + 4, 32)]


def test_what_is_known_of_its_terms():
    bounds = build().monitor_bounds(8)
    assert bounds['loss_cycle'].chance == pytest.approx(math.log(8))
    # frames that are all alike close every cycle, which their spread tells
    assert bounds['loss_cycle'].by_shortcut == 0 and bounds['stat_std_frames'].least > 0
    assert bounds['loss_contrast'].chance == pytest.approx(math.log(15))
