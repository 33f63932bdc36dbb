"""TCLR from its smoke config: which clip meets which, and the released code's numbers."""

from __future__ import annotations

import pytest
import torch
from mmaction.registry import MODELS
from torch.testing import assert_close

from mlfo_mm.engine.config import load_config
from mlfo_mm.models import losses


def build(**changes):
    config = load_config('tclr/r3d18@smoke').model
    config.update(changes)
    torch.manual_seed(0)
    return MODELS.build(config)


def batch(n: int = 3, v: int = 6) -> torch.Tensor:
    return torch.randn(n, v, 3, 8, 32, 32, generator=torch.Generator().manual_seed(0))


def wave(step: float, *shape: int) -> torch.Tensor:
    count = torch.Size(shape).numel()
    return torch.sin(step * torch.arange(1, count + 1, dtype=torch.float64)).view(shape)


def test_numbers_of_the_released_code(monkeypatch):
    """Of DAVEISHAN/TCLR: its losses of these embeddings of 3 videos and 4 short clips, in float64."""
    paper = load_config('tclr/r3d18@ucf101').model
    names = ('global_instance', 'local_instance', 'local_local', 'global_local')
    model = build(**{name: paper[name] for name in names})
    model.local_local.loss_weight = 3.0  # the sum of a batch of 3
    embedded, steps = list(wave(1.0, 10, 3, 6)), list(wave(1.7, 2, 4, 3, 6))
    monkeypatch.setattr(model, 'extract_feat', lambda clips: [clips] * 3)
    monkeypatch.setattr(model.projection, 'forward', lambda clips: embedded.pop(0))
    monkeypatch.setattr(model, 'steps', lambda *_: steps.pop(0).permute(1, 2, 0))
    logs = model.loss(torch.zeros(3, 10, 1))
    for name, value in dict(
        loss_global=14.73747713930988,
        loss_local=146.53177161091486,
        loss_local_local=38.521613237467996,
        loss_global_local=54.65509673740689,
    ).items():
        assert logs[name].item() == pytest.approx(value, rel=1e-12), name


def test_what_meets_what():
    model, inputs = build().eval(), batch()
    logs = model.loss(inputs)
    levels = [model.extract_feat(clips)[-1] for clips in inputs.unbind(1)]
    z = [model.projection(level) for level in levels]
    assert_close(logs['loss_global'], losses.nt_xent(z[0], z[3], 0.1))
    short = (1, 2, 4, 5)
    pairs = [losses.nt_xent(z[a], z[b], 0.1) for a in short for b in short if a < b]
    assert_close(logs['loss_local'], 3 * torch.stack(pairs).mean())
    views = [torch.stack([z[a], z[a + 1]], 1) for a in (1, 4)]
    assert_close(logs['loss_local_local'], 40 * losses.temporal_contrast(*views, 0.1))
    found = []
    for long in (0, 3):
        steps = torch.stack([model.projection(levels[long][:, :, t]) for t in (0, 1)], 2)
        for view in views:
            found.append(
                losses.timestamp_retrieval(steps, view.mT, torch.arange(2), 0.1, symmetric=True)
            )
    assert_close(logs['loss_global_local'], 8 * torch.stack(found).mean())


def test_every_set_of_clips_and_every_step_is_normalised_by_itself():
    model, seen = build(), []
    model.projection.register_forward_hook(lambda module, inputs, output: seen.append(output))
    model.loss(batch())
    assert len(seen) == 6 + 2 * 2  # sets, and steps of two long clips
    for z in seen:
        assert_close(z.mean(0), torch.zeros(16), rtol=0, atol=1e-5)


def test_steps_of_a_lower_level_have_a_projection_of_their_own():
    model = build(step_level=1)
    model.loss(batch())['loss_global_local'].backward()
    assert model.step_projection[0].layers[0].weight.grad.abs().sum() > 0
    four = torch.randn(3, 16, 4, 2, 2)  # its steps, averaged to two
    two = four.unflatten(2, (2, 2)).mean(3)
    assert_close(model.eval().steps(four, 2), model.steps(two, 2))
    assert build().step_projection is None
    with pytest.raises(ValueError, match=r'level 2 has 2 steps for 4 short clips: .*num_local'):
        build().loss(batch(v=10))


def test_bounds_and_what_is_embedded():
    model, inputs = build().eval(), batch()
    assert model.monitor_bounds(4).keys() == {'stat_std', 'loss_global', 'loss_local'}
    model.shown = (10, 3, 16, 32, 32)
    found = {name: each for name, each in model.monitor_bounds(4).items() if name != 'stat_std'}
    assert {name: each.candidates for name, each in found.items()} == dict(
        loss_global=7, loss_local=7, loss_local_local=7, loss_global_local=4
    )
    clips = inputs[:, 0]
    assert_close(model.embed(clips).instance, model.projection(model.extract_feat(clips)[-1]))


@pytest.mark.parametrize('views', [3, 4])
def test_needs_its_clips(views):
    with pytest.raises(ValueError, match='it needs SampleGlobalLocal'):
        build().loss(batch(v=views))


def test_the_paper_s_network_has_a_step_for_each_short_clip():
    config = load_config('tclr/r3d18@ucf101')
    config.model.backbone.base_channels = 4
    model = MODELS.build(config.model)
    assert model.extract_feat(torch.zeros(1, 3, 16, 112, 112))[-1].shape == (1, 32, 4, 4, 4)
