"""What every method owes: a gradient to each parameter, learning, one result for a seed, monitors."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from mlfo_mm.study.methods import cards
from mlfo_mm.study.runs import parse_run
from tests.methods import CASES, VIDEOS, Case, every_method


def total(logs: dict) -> torch.Tensor:
    return sum(value for key, value in logs.items() if key.startswith('loss_'))


def halves(videos, step: int):
    """Half of the videos, in turn: what is in the queues is of the others."""
    clips, samples = videos
    part = slice(step % 2 * (VIDEOS // 2), (step % 2 + 1) * (VIDEOS // 2))
    return clips[part], samples[part]


def train(case: Case, videos, steps: int) -> list[dict[str, float]]:
    model = case.model(case.learner)
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimizer = torch.optim.Adam(trained, lr=3e-3)
    found = []
    for step in range(steps):
        model.set_epoch(step * 10 // case.steps, 10)
        model.progress = step / case.steps
        logs = model(*halves(videos, step), mode='loss')
        optimizer.zero_grad()
        total(logs).backward()
        optimizer.step()
        found.append({key: float(value.detach()) for key, value in logs.items()})
    return found


def test_every_variant_of_every_card_has_a_row():
    rows = {(parse_run(case.run).method, *parse_run(case.run).changes) for case in CASES}
    wanted = {
        (card.key, *({each.variant} - {'default'}))
        for card in cards().values()
        for each in card.variants
    }
    assert wanted <= rows


@every_method
def test_gradients_reach_every_parameter(case, fed):
    model = case.model()
    model.set_epoch(1, 2)  # terms of the second stage too
    for step in range(2):  # the first has no negatives where a queue is empty
        logs = model(*halves(fed(case), step), mode='loss')
    # what is not optimised is not called a loss
    assert all('loss' not in key or key.startswith('loss_') for key in logs)
    total(logs).backward()
    for name, parameter in model.named_parameters():
        assert (parameter.grad is not None) == parameter.requires_grad, name
        assert parameter.grad is None or parameter.grad.isfinite().all(), name
    assert next(model.backbone.parameters()).grad.abs().sum() > 0


@pytest.mark.slow
@every_method
def test_learns_a_few_videos(case, fed):
    found = train(case, fed(case), case.steps)
    ends = {name: np.mean([logs[name] for logs in found[-4:]]) for name in found[-1]}
    for name, bound in case.learns.items():
        assert ends[name] < bound if name.startswith('loss_') else ends[name] >= bound, ends
    if not case.learns:
        begins = {name: np.mean([logs[name] for logs in found[:4]]) for name in found[0]}
        assert total(ends) < 0.7 * total(begins), (begins, ends)


@every_method
def test_two_runs_of_one_seed_are_identical(case, fed):
    assert train(case, fed(case), 2) == train(case, fed(case), 2)


@every_method
def test_what_is_looked_at_has_a_bound_and_embeddings_are_float32(case, fed):
    model = case.model()
    model.set_epoch(1, 2)
    clips, samples = halves(fed(case), 0)
    logs = model(clips, samples, mode='loss')
    stats = {name for name in logs if name.startswith('stat_')}
    bounds = model.monitor_bounds(len(clips))
    assert stats <= bounds.keys()
    terms = {name for name in logs if name.startswith('loss_')} - bounds.keys()
    # a graph's loss depends on the graph; cosines and regressions have no candidates,
    # whose logs say instead what they explain
    known = ('loss_graph', 'loss_prediction')
    told = any(name.startswith('stat_explained') for name in stats)
    assert told or all(name.startswith(known) for name in terms)
    with torch.no_grad(), torch.autocast('cpu', dtype=torch.bfloat16):
        found = model.eval().embed(clips[:3, 0])
    assert found.instance.dtype == torch.float32 and found.instance.shape[0] == 3
    assert isinstance(model.embedding, str)


@pytest.mark.parametrize('name', [case.name for case in CASES])
def test_a_row_has_a_name_of_its_own(name):
    assert [case.name for case in CASES].count(name) == 1
