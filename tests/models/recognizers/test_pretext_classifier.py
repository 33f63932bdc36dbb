"""Pretext tasks: the contrast that may stand beside one, and labels that are none of theirs."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from mmaction.registry import MODELS
from mmaction.structures import ActionDataSample

from mlfo_mm.engine.config import load_config
from mlfo_mm.models import nt_xent


def shipped(name: str, change: str = ''):
    return load_config(f'{name}/r3d18@smoke{change}').model


def test_contrast_is_between_the_clips_of_a_video():
    model = MODELS.build(shipped('pace', '+contrast'))
    model.eval()
    inputs = torch.randn(3, 2, 3, 8, 32, 32)
    samples = [ActionDataSample().set_gt_label(np.array([[0], [3]])) for _ in range(3)]
    logs = model(inputs, samples, mode='loss')
    first, second = (model.projection(model.extract_feat(inputs[:, v])[-1]) for v in (0, 1))
    torch.testing.assert_close(logs['loss_contrast'], 0.1 * nt_xent(first, second, 0.07))
    with pytest.raises(ValueError, match='contrast needs 2 clips of a video, not 1'):
        model(inputs[:, :1], [ActionDataSample().set_gt_label(np.array([[0]]))] * 3, mode='loss')


def test_class_labels_are_refused():
    model = MODELS.build(shipped('pace'))
    with pytest.raises(ValueError, match='got class labels'):
        samples = [ActionDataSample().set_gt_label(1) for _ in range(2)]
        model(torch.randn(2, 2, 3, 8, 32, 32), samples, mode='loss')


@pytest.mark.parametrize('part', ['contrast', 'projection'])
def test_a_contrast_needs_its_projection_and_the_reverse(part):
    config = shipped('pace', '+contrast')
    config[part] = None
    with pytest.raises(ValueError, match='contrast and projection go together'):
        MODELS.build(config)
