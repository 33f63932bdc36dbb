"""PRP: which frames are reconstructed, of what gradients are, and what its parts must agree on."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from mmaction.registry import MODELS
from mmaction.structures import ActionDataSample

from mlfo_mm.engine.config import load_config
from mlfo_mm.models import ReconstructionLoss
from mlfo_mm.models.utils import Bound, TermBound


def build(options: dict | None = None):
    torch.manual_seed(0)
    return MODELS.build(load_config('prp/r3d18@smoke', options).model)


def samples(*labels: int) -> list[ActionDataSample]:
    return [ActionDataSample().set_gt_label(np.array([[label]])) for label in labels]


def test_the_clip_and_the_frames_between_are_reconstructed_of_the_clip_alone():
    model = build().eval()
    inputs = torch.randn(3, 2, 3, 8, 32, 32)
    logs = model(inputs, samples(0, 1, 2), mode='loss')
    frames = torch.stack([inputs[:, v, :, t] for t in range(8) for v in (0, 1)], 2)
    high = model.extract_feat(inputs[:, 0])[-1]
    predicted = model.decoder(high, (16, 32, 32))
    objective = ReconstructionLoss((1, 2, 4))
    weights = objective.weigh(frames, torch.tensor([1, 2, 4]))
    torch.testing.assert_close(logs['loss_reconstruction'], objective(predicted, frames, weights))
    rate = model.head.loss(model.discriminate(high)[:, None], torch.tensor([[[0]], [[1]], [[2]]]))
    torch.testing.assert_close(logs['loss_rate'], 0.1 * rate['loss_rate'])
    inputs[:, 1] = 0  # the second view is no input of the network
    again = model(inputs, samples(0, 1, 2), mode='loss')
    assert torch.equal(again['loss_rate'], logs['loss_rate'])


def test_what_is_known_of_its_terms():
    bounds = build().monitor_bounds(4)
    assert bounds['loss_rate'] == TermBound(3, 0.1)
    assert isinstance(bounds['stat_explained'], Bound) and bounds['stat_explained'].least > 0


def test_parts_must_agree():
    with pytest.raises(ValueError, match='the head tells 4 rates, the reconstruction has'):
        build({'model.head.tasks.rate': 4})
    with pytest.raises(ValueError, match='PRP reads 2 views, not 1'):
        build()(torch.zeros(2, 1, 3, 8, 32, 32), samples(0, 1), mode='loss')
