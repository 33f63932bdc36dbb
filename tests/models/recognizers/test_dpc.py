"""DPC from its smoke config: what predicts what. What it shares with MemDPC is in test_memdpc.py."""

from __future__ import annotations

import pytest
import torch
from mmaction.registry import MODELS
from torch.testing import assert_close

from mlfo_mm.engine.config import load_config
from mlfo_mm.models import losses


def build(**changes):
    config = load_config('dpc/r3d18@smoke').model
    config.update(changes)
    torch.manual_seed(0)
    return MODELS.build(config)


def batch(n: int = 2) -> torch.Tensor:
    """Of 64 pixels: a map of 2 x 2."""
    return torch.randn(n, 5, 3, 4, 64, 64, generator=torch.Generator().manual_seed(0))


def wave(step: float, *shape: int) -> torch.Tensor:
    count = torch.Size(shape).numel()
    return torch.sin(step * torch.arange(1, count + 1, dtype=torch.float64)).view(shape)


def test_numbers_of_the_released_code(monkeypatch):
    """Of TengdaHan/DPC: its cell, predictor and scores on these maps and weights, in float64."""
    model = build(feature_size=4, predict_steps=3, dropout_ratio=0.0).double()
    convolutions = [model.past.cell.convz, model.past.cell.convr, model.past.cell.convq]
    for place, layer in enumerate([*convolutions, *model.predictor.layers[::2]]):
        layer.weight.data = wave(1.1 + place, *layer.weight.shape)
        layer.bias.data = wave(2.3 + place, 4)
    maps = wave(0.7, 16, 4, 2, 2)
    monkeypatch.setattr(model, 'maps', lambda blocks: maps)
    logs = model.loss(torch.zeros(2, 8, 1))
    assert logs['loss_forward'].item() == pytest.approx(3.25942129768637, rel=1e-12)


def test_past_blocks_alone_predict_the_two_that_follow():
    model, inputs = build().double().eval(), batch().double()
    maps = torch.stack(
        [model.projection(model.extract_feat(inputs[:, v])[-1].mean(2)) for v in range(5)], 1
    )
    state = torch.zeros_like(maps[:, 0])
    for block in range(3):
        state = model.past.cell(state, maps[:, block].relu())
    first, _, second = model.predictor.layers
    predicted = [second(first(state).relu())]
    predicted.append(second(first(model.past.cell(state, predicted[0].relu())).relu()))
    logs = model.loss(inputs)
    expected = losses.dense_prediction(torch.stack(predicted, 1), maps[:, 3:])
    assert_close(logs['loss_forward'], expected)
    assert {key for key in logs if key.startswith(('loss', 'acc'))} == {
        'loss_forward', 'acc_forward',
    }  # fmt: skip
    model.shown = tuple(inputs.shape[1:])
    assert model.monitor_bounds(2).keys() == {'loss_forward', 'stat_std'}


def test_convolutions_are_orthogonal_at_first_and_the_backbone_is_not_touched():
    model = build()
    for layer in (model.projection, model.past.cell.convr, *model.predictor.layers[::2]):
        weight = layer.weight.flatten(1).double()
        assert_close(weight @ weight.T, torch.eye(16, dtype=torch.float64), atol=1e-5, rtol=0)
        assert (layer.bias == 0).all()
    weight = model.backbone.conv1.conv.weight.flatten(1)
    assert (weight @ weight.T - torch.eye(4)).abs().max() > 0.1


@pytest.mark.parametrize(
    ('name', 'shape'), [('r3d18@k400', (1, 32, 1, 4, 4)), ('r2d3d34@k400', (1, 16, 2, 7, 7))]
)
def test_the_paper_s_blocks_leave_a_map(name, shape):
    config = load_config(f'dpc/{name}')
    config.model.backbone.base_channels = 4
    model = MODELS.build(config.model)
    crop = config.crop_size
    high = model.extract_feat(torch.zeros(1, 3, config.sampler.block_len, crop, crop))[-1]
    assert high.shape == shape
    assert bool(list(model.projection.parameters())) == name.startswith('r3d18')


def test_one_block_at_least_is_predicted():
    with pytest.raises(ValueError, match='predict_steps must be at least 1, got 0'):
        build(predict_steps=0)
