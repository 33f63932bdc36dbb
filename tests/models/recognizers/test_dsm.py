"""DSM from its smoke config: the warps, and what is positive and negative to what."""

from __future__ import annotations

import math

import pytest
import torch
from mmaction.registry import MODELS
from torch.testing import assert_close

from mlfo_mm.engine.config import load_config
from mlfo_mm.models import losses
from mlfo_mm.models.recognizers.dsm_warp import displacement, draw_warps, warp

# How many pixels above and to the left of it the released code (spatial_warp_torch of FingerRec/
# DSM-decoupling-scene-motion) looks for each pixel of 20 x 20: point (8, 7), shift (6, 5); its rows
# 7 to 19, before them all are 0.
ROWS = (
    '00000000000010000000 00000000011111110000 00000000111111111000 00000001112222211100 '
    '00000011122222221110 00000011222222222110 00000011222222222110 00000111222232222111 '
    '00000011222222222110 00000011222222222110 00000011122222221110 00000001112222211100 '
    '00000000111111111000'
)
COLUMNS = (
    '00000000000000000000 00000000001111100000 00000000111111111000 00000001111222111100 '
    '00000001112222211100 00000011122222221110 00000011222222222110 00000011222222222110 '
    '00000011222222222110 00000011122222221110 00000001112222211100 00000001111222111100 '
    '00000000111111111000'
)


def build(**changes):
    config = load_config('dsm/r3d18@smoke').model
    for key, value in changes.items():
        config[key] = value
    torch.manual_seed(0)
    return MODELS.build(config)


def batch(step: int = 0, n: int = 4, v: int = 3) -> torch.Tensor:
    return torch.randn(n, v, 3, 8, 32, 32, generator=torch.Generator().manual_seed(step))


def test_a_warp_looks_where_that_of_the_released_code_does():
    at = torch.stack(torch.meshgrid(*[torch.arange(20.0)] * 2, indexing='ij'), -1)
    found = displacement(at[None], torch.tensor([[8.0, 7.0]]), torch.tensor([[6.0, 5.0]]))[0]
    for axis, table in enumerate((ROWS, COLUMNS)):
        digits = [[int(digit) for digit in row] for row in table.split()]
        expected = torch.cat([torch.zeros(7, 20), torch.tensor(digits).float()])
        assert_close(-found[..., axis].trunc(), expected)


def test_warped_clips_show_what_the_displacement_says():
    rows = torch.arange(64.0)[:, None].expand(64, 64)
    clip = torch.stack([rows, rows.T])[None, :, None]  # (1, 2, 1, 64, 64): its own positions
    point, shift = torch.tensor([[0.4, 0.5]]), torch.tensor([[0.1, 0.05]])
    at = (torch.stack([rows, rows.T], -1)[None] + 0.5) / 64
    expected = clip[0, :, 0].movedim(0, -1) + 64 * displacement(at, point, shift)[0]
    shown = warp(clip, point[None], shift[None])
    assert_close(shown[0, :, 0].movedim(0, -1), expected.clamp(min=0), rtol=0, atol=1e-3)
    # two warps: the second is made of what the first shows
    other = torch.tensor([[0.5, 0.3]]), torch.tensor([[0.05, 0.1]])
    both = warp(clip, torch.stack([point, other[0]]), torch.stack([shift, other[1]]))
    assert_close(both, warp(shown, other[0][None], other[1][None]), rtol=0, atol=0.05)


def test_warps_are_drawn_for_each_clip_and_are_the_same_in_all_frames():
    torch.manual_seed(0)
    points, shifts = draw_warps(600, 3, (0.3, 0.6), (0.05, 0.1))
    count = (shifts != 0).all(2).sum(0)
    assert [int((count == number).sum()) > 150 for number in range(4)] == [False, True, True, True]
    assert points.min() >= 0.3 and points.max() < 0.6 and points.std() > 0.08
    assert shifts[0].min() >= 0.05 and shifts.max() < 0.1
    frame = torch.randn(2, 3, 1, 16, 16)
    shown = warp(frame.expand(-1, -1, 4, -1, -1), points[:, :2], shifts[:, :2])
    assert_close(shown, shown[:, :, :1].expand_as(shown))
    assert not torch.allclose(shown[:, :, 0], frame[:, :, 0])


def test_loss_is_that_of_the_released_code():
    random = torch.Generator().manual_seed(0)
    vectors = [torch.randn(n, 4, dtype=torch.float64, generator=random) for n in (3, 3, 3, 5)]
    queries, keys, own, queue = vectors
    loss = losses.info_nce(queries, keys, queue, 0.07, own[:, None])
    # MemoryMoCo(use_softmax=True) and NCESoftmaxLoss on the same vectors, normalised
    assert loss.item() == pytest.approx(13.130946192141488, abs=1e-9)


def test_the_warped_clip_asks_for_its_segment_against_another_of_the_video():
    model, keys = build(queue_size=6).eval(), []
    for step in range(3):
        inputs = batch(step)
        torch.manual_seed(step)
        logs = model.loss(inputs)
        torch.manual_seed(step)
        drawn = draw_warps(4, 3, model.centre, model.shift)
        anchor = warp(inputs[:, 0], *drawn)
        queries, own = (
            model.projection(model.extract_feat(clips)[-1]) for clips in (anchor, inputs[:, 2])
        )
        key = model.key_encoder(inputs[:, 1])
        old = torch.cat([torch.zeros(0, key.shape[1]), *keys])[-6:]
        expected = losses.info_nce(queries, key, old, 0.07, own[:, None])
        assert_close(logs['loss_contrast'], expected)
        cosine = torch.nn.functional.cosine_similarity
        nearer = cosine(queries, key) > cosine(queries, own)
        assert_close(logs['acc_motion'], nearer.float().mean())
        keys.append(key)
        with torch.no_grad():
            model.projection.layers[-1].weight.mul_(-1.5)
    assert_close(model.queue.get(), torch.cat(keys)[-6:])


def test_gradients_flow_through_the_query_and_the_negative_of_its_video():
    model, inputs = build(num_warps=0).eval(), batch().requires_grad_()
    model.loss(inputs)['loss_contrast'].backward()
    anchor, positive, other = inputs.grad.abs().sum((0, 2, 3, 4, 5))
    assert anchor > 0 and other > 0 and positive == 0


def test_chance_and_what_the_scene_leaves():
    bound = build().monitor_bounds(4)['loss_contrast']
    assert bound.chance == pytest.approx(math.log(12))
    assert bound.by_shortcut == pytest.approx(math.log(2))


def test_needs_three_clips():
    with pytest.raises(ValueError, match='DSM needs 3 clips of a video, the sampler gives 2'):
        build().loss(batch(v=2))


def test_fewer_than_no_warps_are_refused():
    with pytest.raises(ValueError, match='num_warps must be at least 0, got -1'):
        build(num_warps=-1)
