"""MemDPC from its smoke config: what predicts what, and that it is learnt."""

from __future__ import annotations

import math

import pytest
import torch
from mmaction.registry import MODELS
from torch.testing import assert_close

from mlfo_mm.engine.config import load_config
from mlfo_mm.models import losses

BLOCKS, STEPS = 5, 2


def build(**changes):
    config = load_config('memdpc/r3d18@smoke').model
    for key, value in changes.items():
        config[key] = value
    torch.manual_seed(0)
    return MODELS.build(config)


def batch(n: int = 2, v: int = BLOCKS, frames: int = 4, size: int = 64) -> torch.Tensor:
    """Of 64 pixels: a map of 2 x 2."""
    return torch.randn(n, v, 3, frames, size, size, generator=torch.Generator().manual_seed(0))


def test_terms_and_gradients():
    logs = build()(batch(), mode='loss')
    assert {key for key in logs if 'loss' in key} == {'loss_forward', 'loss_backward'}
    assert {'acc_forward', 'acc_backward', 'stat_std'} <= logs.keys()
    # nothing is known yet: unscaled logits begin near 0
    chance = math.log(2 * STEPS * 2 * 2)
    assert logs['loss_forward'].item() == pytest.approx(chance, rel=0.05)
    assert logs['loss_backward'].item() == pytest.approx(chance, rel=0.05)


def test_initialisation():
    model = build()
    for layer in (model.past.cell.convz, model.future.cell.convq, model.predictor.address[2]):
        weight = layer.weight.flatten(1).double()
        small = weight @ weight.T if len(weight) <= weight.shape[1] else weight.T @ weight
        assert_close(small, 0.01 * torch.eye(len(small), dtype=torch.float64), atol=1e-6, rtol=0)
        assert (layer.bias == 0).all()
    assert 0.5 < model.predictor.memory.std() < 1.5


def test_context_predicts_the_blocks_that_follow_in_both_directions():
    model, inputs = build().double().eval(), batch().double()
    maps = torch.stack(
        [model.projection(model.extract_feat(inputs[:, v])[-1].mean(2)) for v in range(BLOCKS)], 1
    )
    found = {}
    for name, cell, order in (('forward', model.past, [0, 1, 2, 3, 4]),
                              ('backward', model.future, [4, 3, 2, 1, 0])):  # fmt: skip
        state = torch.zeros_like(maps[:, 0])
        for block in order[:3]:
            state = cell.cell(state, maps[:, block].relu())
        first = model.predictor(state)
        second = model.predictor(cell.cell(state, first.relu()))
        true = maps[:, order[3:]]
        found[name] = losses.dense_prediction(torch.stack([first, second], 1), true)
    logs = model.loss(inputs)
    assert_close(logs['loss_forward'], found['forward'])
    assert_close(logs['loss_backward'], found['backward'])
    # a video that is played backwards changes the parts of the cells
    model.past, model.future = model.future, model.past
    turned = model.loss(inputs.flip(1))
    assert_close(turned['loss_forward'], logs['loss_backward'])
    assert_close(turned['loss_backward'], logs['loss_forward'])


def test_targets_are_true_maps_with_their_sign(monkeypatch):
    seen = []

    def loss_and_accuracy(predictions, targets, first):
        seen.append(targets)
        return targets.sum(), targets.new_zeros(())

    model = build().eval()
    monkeypatch.setattr(model.prediction, 'loss_and_accuracy', loss_and_accuracy)
    inputs = batch()
    model.loss(inputs)
    maps = [model.projection(model.extract_feat(inputs[:, v])[-1].mean(2)) for v in range(BLOCKS)]
    assert_close(seen[0], torch.stack([maps[3], maps[4]], 1))
    assert_close(seen[1], torch.stack([maps[1], maps[0]], 1))
    assert (seen[0] < 0).any() and seen[0].requires_grad


def test_needs_more_blocks_than_it_predicts():
    with pytest.raises(
        ValueError, match='to predict 2 blocks takes more than 2, the sampler gives 2'
    ):
        build().loss(batch(v=2, size=32))


def test_the_paper_s_backbone_needs_no_projection():
    backbone = dict(type='R2D3D', depth=18, base_channels=4)
    model = build(backbone=backbone, feature_size=None).eval()
    inputs = batch(n=1, frames=5)
    model.loss(inputs)['loss_forward'].backward()
    assert not list(model.projection.parameters())
    assert model.predictor.memory.shape == (8, 16)
    assert (model.extract_feat(inputs[0])[-1] < 0).any()


@pytest.mark.parametrize(
    ('name', 'shape'),
    [
        ('r3d18@k400', (1, 32, 1, 4, 4)),
        ('r2d3d34@k400', (1, 16, 2, 7, 7)),
        ('r2d3d34@ucf101', (1, 16, 2, 4, 4)),
    ],
)
def test_the_paper_s_blocks_leave_a_map(name, shape):
    config = load_config(f'memdpc/{name}')
    config.model.backbone.base_channels = 4
    crop = config.train_pipeline[3].transforms[1].scale
    assert crop == (config.crop_size, config.crop_size)
    model = MODELS.build(config.model)
    high = model.extract_feat(torch.zeros(1, 3, config.train_pipeline[1].block_len, *crop))[-1]
    assert high.shape == shape
    assert bool(list(model.projection.parameters())) == name.startswith('r3d18')


@pytest.mark.parametrize('profile', ['smoke', 'demo', 'mini'])
def test_small_profiles_show_as_many_frames_as_other_methods(profile):
    config = load_config(f'memdpc/r3d18@{profile}')
    sampler = config.train_pipeline[1]
    # between those of two clips and of MLFO's three
    assert 2 * config.clip_len <= sampler.block_len * sampler.num_blocks <= 3 * config.clip_len
