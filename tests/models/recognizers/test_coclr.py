"""CoCLR from its smoke config: who learns when, what is mined from what, and its rates."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import torch
import torch.nn.functional as F
from mmaction.registry import MODELS
from mmengine.optim import build_optim_wrapper
from mmengine.registry import PARAM_SCHEDULERS
from torch.testing import assert_close

from mlfo_mm.engine.config import load_config
from mlfo_mm.models import losses
from mlfo_mm.models.recognizers.coclr import differences
from mlfo_mm.models.utils import COLLAPSE, TermBound

RGB, DIFFERENCE = 'rgb', 'difference'


def build(**changes):
    torch.manual_seed(0)
    return MODELS.build(load_config('coclr/r3d18@smoke').model | changes).eval()


def batch(step: int = 0, sources=(0, 1, 2, 3)):
    clips = torch.randn(4, 2, 3, 8, 32, 32, generator=torch.Generator().manual_seed(step))
    return clips, [SimpleNamespace(gt_label=torch.tensor([[source]])) for source in sources]


def test_differences_are_between_neighbours_and_the_last_is_shown_twice():
    clips = torch.tensor([1.0, 4, 9, 16]).view(1, 1, 4, 1, 1).expand(2, 3, 4, 2, 2)
    assert differences(clips)[1, 2, :, 0, 0].tolist() == [3, 5, 7, 7]


@pytest.mark.parametrize(
    ('epochs', 'first', 'cycles', 'turns'),
    [
        (600, 0.5, 2, [(0, 'both'), (299, 'both'), (300, RGB), (399, RGB), (400, DIFFERENCE),
                       (499, DIFFERENCE), (500, RGB), (599, RGB)]),
        (350, 6 / 7, 1, [(299, 'both'), (300, RGB), (349, RGB)]),
        (12, 0.5, 2, [(5, 'both'), (6, RGB), (8, DIFFERENCE), (9, DIFFERENCE), (10, RGB)]),
        (2, 0.5, 2, [(0, 'both'), (1, RGB)]),
        (1, 0.5, 2, [(0, 'both'), (1, RGB)]),
        (4, 1.0, 1, [(3, 'both')]),
    ],
)  # fmt: skip
def test_one_learns_while_the_other_stands_still(epochs, first, cycles, turns):
    model = build(first_stage=first, cycles=cycles)
    for epoch, who in turns:
        model.set_epoch(epoch, epochs)
        assert model.learning() == ((RGB, DIFFERENCE) if who == 'both' else (who,)), epoch
        for name in (RGB, DIFFERENCE):
            wanted = who in (name, 'both')
            for part in model.parts(name):
                assert {p.requires_grad for p in part.parameters()} == {wanted}, (epoch, name)


def test_in_the_first_stage_each_is_moco_by_itself():
    model = build(queue_size=6)
    keys = {RGB: [], DIFFERENCE: []}
    for step in range(3):
        clips, samples = batch(step, sources=(0, 0, 0, 0))  # of one source: still negatives
        logs = model.loss(clips, samples)
        for name in keys:
            shown = (
                clips if name == RGB else torch.stack([differences(v) for v in clips.unbind(1)], 1)
            )
            query = model.embedded(name, shown[:, 0])
            key = model.key_encoders[name](shown[:, 1])
            old = torch.cat([torch.zeros(0, 16), *keys[name]])[-6:]
            assert_close(logs[f'loss_{name}'], losses.info_nce(query, key, old, 0.07))
            keys[name].append(key)
    assert set(logs) >= {'stat_std', 'stat_std_difference', 'acc_rgb', 'acc_difference'}


def test_then_positives_are_what_the_other_one_holds_for_alike():
    model = build(queue_size=8, topk=2)
    held = {RGB: [], DIFFERENCE: []}
    for step, sources in enumerate(((10, 11, 12, 1 << 47), (13, 10, 14, 15))):
        clips, samples = batch(step, sources)
        model.loss(clips, samples)
        for name, shown in ((RGB, clips[:, 1]), (DIFFERENCE, differences(clips[:, 1]))):
            held[name].append(model.key_encoders[name](shown))
    clips, samples = batch(7, (10, 16, 1 << 47, (1 << 47) + 1))
    old = {name: torch.cat(keys) for name, keys in held.items()}
    for epoch, name, other in ((6, RGB, DIFFERENCE), (8, DIFFERENCE, RGB)):
        model.set_epoch(epoch, 12)
        state = {key: value.clone() for key, value in model.state_dict().items()}
        logs = model.loss(clips, samples)
        assert {key for key in logs if key.startswith('loss_')} == {f'loss_{name}_mined'}
        shown = {RGB: clips, DIFFERENCE: torch.stack([differences(v) for v in clips.unbind(1)], 1)}
        key = {each: model.key_encoders[each](shown[each][:, 1]) for each in shown}
        scores = F.normalize(key[other], dim=1) @ F.normalize(old[other], dim=1).T
        positives = torch.zeros(4, 8, dtype=torch.bool)
        positives[0, [0, 5]] = positives[2, 3] = True  # of the same source, and not ranked
        scores[positives] = -9
        positives.scatter_(1, scores.topk(2, dim=1).indices, True)
        query = model.embedded(name, shown[name][:, 0])
        loss, _ = losses.MultiNCELoss(0.07).loss_and_accuracy(
            query, key[name], old[name], positives
        )
        assert_close(logs[f'loss_{name}_mined'], loss)
        logs[f'loss_{name}_mined'].backward()
        assert all(p.grad is None for part in model.parts(other) for p in part.parameters())
        model.zero_grad()
        model.load_state_dict(state)


def test_before_the_queue_is_full_there_are_siblings_alone():
    model = build(queue_size=8)
    model.loss(*batch(0))
    model.set_epoch(6, 12)
    clips, samples = batch(1, (0, 7, 8, 9))
    old = model.queues[RGB].get()
    logs = model.loss(clips, samples)
    positives = torch.zeros(4, 4, dtype=torch.bool)
    positives[0, 0] = True
    wanted, _ = losses.MultiNCELoss(0.07).loss_and_accuracy(
        model.embedded(RGB, clips[:, 0]), model.key_encoders[RGB](clips[:, 1]), old, positives
    )
    assert_close(logs['loss_rgb_mined'], wanted)


def test_the_standing_encoder_does_not_follow():
    model = build()
    model.loss(*batch())
    with torch.no_grad():
        for name in (RGB, DIFFERENCE):
            model.parts(name)[1].layers[-1].weight.add_(1)
    before = {
        name: encoder.average.module[1].layers[-1].weight.clone()
        for name, encoder in model.key_encoders.items()
    }
    model.set_epoch(6, 12)
    model.loss(*batch(1))
    after = {
        name: encoder.average.module[1].layers[-1].weight
        for name, encoder in model.key_encoders.items()
    }
    assert_close(after[RGB], before[RGB] + (1 - 0.999))
    assert torch.equal(after[DIFFERENCE], before[DIFFERENCE])


def test_bounds_embedding_and_faults():
    model = build(queue_size=8, topk=2)
    bounds = model.monitor_bounds(4)
    assert bounds['loss_rgb'] == TermBound(9)
    assert bounds['loss_rgb_mined'].chance == pytest.approx(1.0986123)  # 3 of 9
    assert bounds['stat_std_difference'] == COLLAPSE
    clips, samples = batch()
    assert_close(model.embed(clips[:, 0]).instance, model.embedded(RGB, clips[:, 0]))
    for each in samples:
        each.gt_label = torch.tensor([3])
    with pytest.raises(ValueError, match='needs LabelSource as its pretext_step'):
        model.loss(clips, samples)
    for wrong in (dict(topk=0), dict(cycles=0), dict(first_stage=1.5)):
        with pytest.raises(ValueError, match='topk='):
            build(**wrong)


@pytest.mark.parametrize(
    ('run', 'rates'),
    [
        ('ucf101', {0: 1, 249: 1, 250: 0.1, 299: 0.01, 300: 1, 379: 1, 399: 0.1, 400: 1, 499: 0.1,
                    500: 1, 599: 0.1}),
        ('k400', {249: 1, 279: 0.1, 280: 0.01, 300: 1, 339: 1, 349: 0.1}),
    ],
)  # fmt: skip
def test_each_turn_begins_with_the_full_rate(run, rates):
    config = load_config(f'coclr/r3d18@{run}')
    wrapper = build_optim_wrapper(torch.nn.Linear(2, 2), config.optim_wrapper)
    schedulers = [
        PARAM_SCHEDULERS.build(dict(each, optimizer=wrapper)) for each in config.param_scheduler
    ]
    for epoch in range(config.train_cfg.max_epochs):
        if epoch in rates:
            rate = wrapper.optimizer.param_groups[0]['lr']
            assert rate == pytest.approx(1e-3 * rates[epoch]), epoch
        wrapper.optimizer.step()
        for each in schedulers:
            each.step()
