"""CBT from its smoke config: what is hidden, what is seen, and where gradients stop."""

from __future__ import annotations

import math

import pytest
import torch
from mmaction.registry import MODELS
from torch.testing import assert_close

from mlfo_mm.engine.config import load_config
from mlfo_mm.models import losses

BLOCKS = 5


def build(**changes):
    config = load_config('cbt/r3d18@smoke').model
    for key, value in changes.items():
        config[key] = value
    torch.manual_seed(0)
    return MODELS.build(config)


def batch(n: int = 3, v: int = BLOCKS) -> torch.Tensor:
    return torch.randn(n, v, 3, 4, 32, 32, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize(('share', 'count'), [(0.25, 1), (0.4, 2), (1.0, 5), (0.01, 1)])
def test_as_many_blocks_are_masked_in_each_video_and_any_of_them(share, count):
    mask = build(mask_share=share).draw_mask(500)
    assert (mask.sum(1) == count).all()
    assert (abs(mask.float().mean(0) - count / BLOCKS) < 0.1).all()


def test_a_masked_block_is_told_by_those_on_both_sides_and_by_no_look_at_itself():
    model = build().eval()
    blocks = torch.randn(2, BLOCKS, 16, requires_grad=True)
    mask = torch.zeros(2, BLOCKS, dtype=torch.bool)
    mask[0, 2] = mask[1, 4] = True
    found = model.predict(blocks, mask)
    found[0, 2].square().sum().backward()
    used = blocks.grad.abs().sum(2) > 0
    assert used.tolist() == [[True, True, False, True, True], [False] * BLOCKS]
    # where a block stands counts
    swapped = model.predict(blocks[:, [1, 0, 2, 3, 4]], mask)
    assert not torch.allclose(swapped[0, 2], found[0, 2], atol=1e-5)


def test_predictions_find_true_blocks_of_the_batch_and_both_get_gradients(monkeypatch):
    model, inputs = build().eval(), batch()
    mask = torch.eye(BLOCKS)[:3].bool()
    monkeypatch.setattr(model, 'draw_mask', lambda count: mask[:count])
    logs = model.loss(inputs)
    maps = [model.extract_feat(inputs[:, v])[-1].mean((2, 3, 4)) for v in range(BLOCKS)]
    blocks = model.projection(torch.stack(maps, 1))
    expected = losses.masked_prediction(model.predict(blocks, mask), blocks, mask, 0.07)
    assert_close(logs['loss_masked'], expected)
    assert_close(logs['stat_std'], losses.embedding_std(blocks.flatten(0, 1)))
    trained = list(model.backbone.parameters())
    for found, wanted in zip(
        torch.autograd.grad(logs['loss_masked'], trained),
        torch.autograd.grad(expected, trained),
        strict=True,
    ):
        assert_close(found, wanted, rtol=1e-4, atol=1e-6)


def test_chance_and_what_the_scene_leaves():
    bound = build().monitor_bounds(4)['loss_masked']
    assert bound.chance == pytest.approx(math.log(4 * BLOCKS))
    assert bound.by_shortcut == pytest.approx(math.log(BLOCKS))


def test_errors():
    with pytest.raises(ValueError, match='places for 5 blocks, the sampler gives 3'):
        build().loss(batch(v=3))
    with pytest.raises(ValueError, match='mask_share is 0: must be above 0'):
        build(mask_share=0)
    with pytest.raises(ValueError, match='num_layers must be at least 1, got 0'):
        build(num_layers=0)
