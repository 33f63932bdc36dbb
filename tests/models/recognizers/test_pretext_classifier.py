"""The shipped pretext tasks on a tiny backbone: labels are learnt, every backbone serves."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from mmaction.registry import MODELS, TRANSFORMS
from mmaction.structures import ActionDataSample

from mlfo_mm.engine.config import load_config
from mlfo_mm.models import nt_xent

# chance level and number of clips of each task
TASKS = {
    'vcop': ('order', math.log(6), 3),
    'pace': ('pace', math.log(4), 2),
    'speednet': ('speed', math.log(2), 2),
    'speednet/ctp7': ('speed', math.log(7), 2),
    'temptrans': ('transformation', math.log(4), 4),
    'rotnet3d': ('rotation', math.log(4), 2),
}
FRAMES, SIZE, VIDEOS = 64, 16, 16


def shipped(name: str, change: str = ''):
    return load_config(f'{name}/r3d18@smoke{change}')


def videos() -> np.ndarray:
    """(16, 64, 16, 16, 3) uint8: moving waves, brighter above than below and with time."""
    rng = np.random.default_rng(0)
    t, y, x = np.mgrid[:FRAMES, :SIZE, :SIZE]
    out = []
    for phase in rng.uniform(0, 2 * np.pi, VIDEOS):
        wave = np.sin(2 * np.pi * (x / 8 + t / 16) + phase)
        out.append(128 + 30 * wave + 1.2 * (t - FRAMES / 2) - 4 * (y - SIZE / 2))
    return np.repeat(np.array(out)[..., None], 3, -1).clip(0, 255).astype(np.uint8)


def batch(config, data: np.ndarray) -> tuple[torch.Tensor, list[ActionDataSample]]:
    """Clips of all videos and their labels, by the steps of the config that make the task."""
    steps = [
        TRANSFORMS.build(step) for step in (config.train_pipeline[1], *config.train_pipeline[4:-1])
    ]  # without decoding, cropping and packing
    inputs, samples = [], []
    for video in data:
        results = steps[0](dict(total_frames=FRAMES, img_shape=(SIZE, SIZE), modality='RGB'))
        results['imgs'] = [video[index] for index in results['frame_inds']]
        for step in steps[1:]:
            results = step(results)
        inputs.append(torch.from_numpy(results['imgs']).float() / 64 - 2)
        samples.append(ActionDataSample().set_gt_label(results['label']))
    return torch.stack(inputs), samples


def train(name: str, steps: int) -> list[float]:
    config = shipped(name)
    torch.manual_seed(0)
    np.random.seed(0)
    model = MODELS.build(config.model)
    model.init_weights()
    optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
    data, losses = videos(), []
    for _ in range(steps):
        inputs, samples = batch(config, data)
        assert inputs.shape[:2] == (VIDEOS, TASKS[name][2])
        logs = model(inputs, samples, mode='loss')
        loss = sum(value for key, value in logs.items() if key.startswith('loss_'))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(logs[f'loss_{TASKS[name][0]}'].item())
    return losses


@pytest.mark.parametrize('name', TASKS)
def test_task_is_learnt(name):
    losses = train(name, 30)
    chance = TASKS[name][1]
    assert 0.6 * chance < losses[0] < 2 * chance
    assert np.mean(losses[-5:]) < 0.7 * chance


def test_two_runs_of_one_seed_are_identical():
    assert train('temptrans', 2) == train('temptrans', 2)


@pytest.mark.parametrize('backbone', ['s3d', 'slowfast'])
def test_any_backbone_serves(backbone):
    config = shipped('vcop')
    config.model.backbone = load_config(f'mlfo/{backbone}@smoke').model.backbone
    model = MODELS.build(config.model)
    samples = [ActionDataSample().set_gt_label(np.array([[k]])) for k in (0, 5)]
    model(torch.randn(2, 3, 3, 8, 32, 32), samples, mode='loss')['loss_order'].backward()
    assert all(p.grad is not None for p in model.parameters())


def test_contrast_is_between_the_clips_of_a_video():
    model = MODELS.build(shipped('pace', f'+contrast').model)
    model.eval()
    inputs = torch.randn(3, 2, 3, 8, 32, 32)
    samples = [ActionDataSample().set_gt_label(np.array([[0], [3]])) for _ in range(3)]
    logs = model(inputs, samples, mode='loss')
    first, second = (model.projection(model.extract_feat(inputs[:, v])[-1]) for v in (0, 1))
    torch.testing.assert_close(logs['loss_contrast'], 0.1 * nt_xent(first, second, 0.07))
    with pytest.raises(ValueError, match='contrast needs 2 clips of a video, not 1'):
        model(inputs[:, :1], [ActionDataSample().set_gt_label(np.array([[0]]))] * 3, mode='loss')


def test_class_labels_are_refused():
    model = MODELS.build(shipped('pace').model)
    with pytest.raises(ValueError, match='got class labels'):
        samples = [ActionDataSample().set_gt_label(1) for _ in range(2)]
        model(torch.randn(2, 2, 3, 8, 32, 32), samples, mode='loss')


@pytest.mark.parametrize('part', ['contrast', 'projection'])
def test_a_contrast_needs_its_projection_and_the_reverse(part):
    config = shipped('pace', f'+contrast').model
    config[part] = None
    with pytest.raises(ValueError, match='contrast and projection go together'):
        MODELS.build(config)
