"""CtP: numbers of the released head, what it asks with, and what standing still has."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import torch
from mmaction.registry import MODELS

from mlfo_mm.engine.config import load_config
from mlfo_mm.models import TrajectoryHead, TrajectoryLoss
from mlfo_mm.models.utils import TermBound


def wave(shape, rate, size=1.0):
    steps = torch.arange(1, torch.Size(shape).numel() + 1, dtype=torch.float64)
    return size * torch.sin(rate * steps).view(shape)


def boxes_of(clips: int, frames: int) -> torch.Tensor:
    """Corners (M, 3, T, 4) in whole pixels of a frame of 112."""
    centre, half = (
        56 + 30 * wave((clips, 3, frames, 2), 0.37),
        12 + 6 * wave((clips, 3, frames, 2), 0.53),
    )
    return torch.cat([centre - half, centre + half], -1).round()


def build(**changes):
    torch.manual_seed(0)
    return MODELS.build(load_config('ctp/r3d18@smoke').model | changes)


def batch(model=None):
    clips = torch.randn(2, 2, 3, 8, 32, 32, generator=torch.Generator().manual_seed(0))
    labels = (boxes_of(4, 8) * 32 / 112).round().long().unflatten(0, (2, 2))
    return clips, [SimpleNamespace(gt_label=label) for label in labels]


def test_numbers_of_the_released_head():
    """microsoft/CtP, ctp_head.py in float64, with torchvision's RoIAlign for mmcv's."""
    head = TrajectoryHead([6], clip_len=16, hidden_channels=5, roi_size=5).double()
    for place, parameter in enumerate(head.parameters()):
        parameter.data = wave(parameter.shape, 0.7 + place, 0.3)
    features = wave((2, 6, 2, 14, 14), 1.3).requires_grad_()
    boxes = boxes_of(2, 16) / 112
    predicted = head([features], boxes[:, :, 0])
    place, size = TrajectoryLoss()(predicted, boxes)
    (place + size).backward()
    assert place.item() == pytest.approx(58.56396323540105, rel=1e-7)
    assert size.item() == pytest.approx(19.922193802750964, rel=1e-7)
    assert predicted[1, 1, 0].tolist() == pytest.approx(
        [-0.16432752788029134, -0.2045933729184125, -0.3049135922190807, -0.2870533805253497]
    )
    assert features.grad.norm().item() == pytest.approx(0.020359150530109657, rel=1e-6)
    wanted = (
        0.02733830345,
        0.01650526427,
        0.07668305986,
        0.03817477583,
        0.05488572210,
        0.14539722531,
    )
    for parameter, norm in zip(head.parameters(), wanted, strict=True):
        assert parameter.grad.norm().item() == pytest.approx(norm, rel=1e-6)


def test_is_asked_with_the_first_frame_s_boxes_alone():
    model = build().eval()
    clips, samples = batch()
    asked = []
    forward = model.head.forward
    model.head.forward = lambda levels, first: (
        asked.append((levels, first)) or forward(levels, first)
    )
    model.loss(clips, samples)
    ((levels, first),) = asked
    assert [level.shape[-1] for level in levels] == [4, 2, 1]
    label = torch.stack([sample.gt_label for sample in samples]).flatten(0, 1)
    torch.testing.assert_close(first, label[:, :, 0] / 32)
    # boxes of later frames change the loss, not what is predicted
    predicted = forward(levels, first)
    assert predicted.shape == (4, 3, 8, 4)


def test_chance_is_what_standing_still_has_of_the_clips_that_were_shown():
    model = build()
    assert 'loss_place' not in model.monitor_bounds(2)
    clips, samples = batch()
    model.loss(clips, samples)
    moving = torch.stack([sample.gt_label for sample in samples]).flatten(0, 1) / 32
    still = [float(term) for term in TrajectoryLoss().standing_still(moving)]
    for each in samples:
        each.gt_label = each.gt_label[:, :, :1].expand(-1, -1, 8, -1)
    model.loss(clips, samples)  # nothing moves: the mean is half of that
    bounds = model.monitor_bounds(2)
    for name, value in zip(('loss_place', 'loss_size'), still, strict=True):
        assert bounds[name] == TermBound(
            1, value=pytest.approx(value / 2), guess='what standing still has'
        )
        assert bounds[name].chance == pytest.approx(value / 2)
    assert torch.equal(model.state_dict()['still'], model.still)


def test_accuracy_is_0_of_a_patch_that_stays_and_1_of_one_that_is_found():
    model = build()
    boxes = boxes_of(2, 8) / 112
    targets = model.trajectory.targets(boxes)
    assert model._nearer(torch.zeros_like(targets), boxes) == 0
    assert model._nearer(targets, boxes) == 1


def test_class_labels_are_refused():
    clips, samples = batch()
    for each in samples:
        each.gt_label = torch.tensor([3])
    with pytest.raises(ValueError, match='needs PastePatches as its pretext_step'):
        build().loss(clips, samples)


def test_boxes_of_other_frames_and_patches_without_a_size_are_refused():
    head = load_config('ctp/r3d18@smoke').model.head
    with pytest.raises(ValueError, match=r'head\.clip_len=4, but a clip has 8 frames'):
        build(head=head | dict(clip_len=4)).loss(*batch())
    with pytest.raises(ValueError, match='roi_size must be at least 1, got 0'):
        build(head=head | dict(roi_size=0))


def test_maps_at_paper_scale_are_those_of_the_source():
    model = MODELS.build(load_config('ctp/r3d18@k400', {'backbone.base_channels': 4}).model)
    model.shown = (1, 3, 16, 112, 112)
    assert model.level_shapes()[-1] == (32, 2, 14, 14)
    assert len(model.head.squeeze) == 1
