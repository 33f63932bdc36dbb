"""RSPNet from its smoke config: which clip meets which, and what the queue holds."""

from __future__ import annotations

import pytest
import torch
from mmaction.registry import MODELS
from torch.testing import assert_close

from mlfo_mm.engine.config import load_config
from mlfo_mm.models import losses

D = 16


def build(**changes):
    config = load_config('rspnet/r3d18@smoke').model
    config.update(changes)
    torch.manual_seed(0)
    return MODELS.build(config)


def batch(step: int = 0, v: int = 3) -> torch.Tensor:
    return torch.randn(4, v, 3, 8, 32, 32, generator=torch.Generator().manual_seed(step))


def test_motion_is_ranked_and_what_shows_is_found_at_both_speeds():
    model = build(queue_size=6).eval()
    keys = []
    for step in range(3):
        inputs = batch(step)
        logs = model.loss(inputs)
        query = model.projection(model.extract_feat(inputs[:, 0])[-1])
        like, unlike = (model.key_encoder(inputs[:, view]) for view in (1, 2))
        ranked = losses.margin_ranking(query[:, D:], like[:, D:], unlike[:, D:], 0.07, 2.0)
        assert_close(logs['loss_speed'], ranked)
        old = torch.cat([torch.zeros(0, D), *keys])[-6:]
        found = [losses.info_nce(query[:, :D], key[:, :D], old, 0.07) for key in (like, unlike)]
        assert_close(logs['loss_appearance'], sum(found))
        keys.append(unlike[:, :D])
        with torch.no_grad():  # an optimiser's step: from now on the key encoder lags behind
            model.projection.layers[-1].weight.mul_(1.5)
    assert_close(model.queue.get(), torch.cat(keys)[-6:])


def test_no_gradient_through_keys_and_none_of_one_task_into_the_other_s_projection():
    model = build()
    model.loss(batch())  # keys for the queue
    logs = model.loss(batch(1))
    weight = model.projection.layers[-1].weight
    for name, own, other in (('loss_appearance', slice(D), slice(D, None)),
                             ('loss_speed', slice(D, None), slice(D))):  # fmt: skip
        (grad,) = torch.autograd.grad(logs[name], weight, retain_graph=True)
        assert grad[own].abs().sum() > 0 and (grad[other] == 0).all()
    assert not any(p.requires_grad for p in model.key_encoder.parameters())


def test_embeds_what_shows_and_says_what_chance_is():
    model, inputs = build().eval(), batch()[:, 0]
    expected = model.projection(model.extract_feat(inputs)[-1])[:, :D]
    assert_close(model.embed(inputs).instance, expected)
    bounds = model.monitor_bounds(4)
    same = torch.ones(4, D)
    assert bounds['loss_speed'].chance == pytest.approx(float(model.ranking(same, same, same)))
    old = torch.ones(model.queue.size, D)
    assert bounds['loss_appearance'].chance == pytest.approx(
        2 * float(model.contrast(same, same, old)), rel=1e-6
    )


def test_needs_its_three_clips():
    with pytest.raises(ValueError, match='needs 3 clips of a video, the sampler gives 2'):
        build().loss(batch(v=2))
