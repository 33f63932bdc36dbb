"""``official`` against numbers of the released code, on equal weights and clips in float64.

The numbers in ``mlfo_official.json`` are what ``train_label`` of the authors' train.py (commit
3478734) left in one process without a GPU: its network, narrowed to ``WIDTH`` channels and an
embedding of ``EMBEDDING``, with K = 12 prototypes and a queue of 16, in float64, took weights,
clips and queue of :func:`weights`, :func:`clips` and :func:`queue`, by the names of the layout
``mlfo_official``. ``terms`` are the values of its loss functions times
their weights in the sum; ``gradients`` of each parameter are its norm and its product with a
direction. Nothing of that code is here or is needed.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from mmaction.registry import MODELS

from mlfo_mm.engine.config import load_config

NUMBERS = json.loads(Path(__file__).with_name('mlfo_official.json').read_text())
WIDTH, EMBEDDING, PROTOTYPES, QUEUE, VIDEOS = 8, 16, 12, 16, 6
# the released code adds 1e-10 to probabilities before their logarithm
TERMS, GRADIENTS = 1e-6, 2e-6


def drawn(name: str, *shape: int) -> torch.Tensor:
    """Normal numbers that depend on a name alone; this generator is the same in every NumPy."""
    seed = sum(ord(letter) * (place + 1) for place, letter in enumerate(name))
    return torch.from_numpy(np.random.RandomState(seed).standard_normal(shape))


def weights(shapes: dict[str, tuple[int, ...]]) -> dict[str, torch.Tensor]:
    """A value for each parameter, by its name here."""
    found = {}
    for name, shape in shapes.items():
        value = drawn(name, *shape)
        if len(shape) > 1:
            found[name] = value * (2 / value[0].numel()) ** 0.5
        else:
            found[name] = float(name.endswith('weight')) + 0.1 * value
    return found


def clips() -> torch.Tensor:
    """Clips (N, 3, 3, 16, 32, 32) of unlike videos: two short ones and the long one."""
    video = drawn('video', VIDEOS, 1, 3, 1, 32, 32)
    return 2 * video + drawn('clips', VIDEOS, 3, 3, 16, 32, 32)


def queue() -> torch.Tensor:
    """Past scores of both views, (2, 16, 12)."""
    return 0.2 * drawn('queue', 2, QUEUE, PROTOTYPES)


def direction(name: str, shape: torch.Size) -> torch.Tensor:
    """What a gradient is multiplied by, of norm 1."""
    found = drawn('direction of ' + name, *shape)
    return found / found.norm()


def build(**changes):
    """The variant's model with the weights and the queue of the record."""
    options = {
        'backbone.base_channels': WIDTH,
        'model.embedding_dim': EMBEDDING,
        'model.prototypes.num_prototypes': PROTOTYPES,
        'model.prototypes.queue_size': QUEUE,
        **{f'model.{key}': value for key, value in changes.items()},
    }
    model = MODELS.build(load_config('mlfo/r3d18@k400+official', options).model).double()
    shapes = {name: tuple(value.shape) for name, value in model.named_parameters()}
    model.load_state_dict(model.state_dict() | weights(shapes))
    for view, scores in enumerate(queue()):
        model.semantic.queues[view].enqueue(scores)
    return model.train()


def computed(epoch: int, **changes) -> tuple[dict[str, float], dict[str, list[float]]]:
    """Terms and gradients of a step."""
    model = build(**changes)
    model.set_epoch(epoch, 100)
    logs = model.loss(clips())
    terms = {name: value for name, value in logs.items() if name.startswith('loss_')}
    sum(terms.values()).backward()
    gradients = {
        name: [float(p.grad.norm()), float((p.grad * direction(name, p.shape)).sum())]
        for name, p in model.named_parameters()
        if p.grad is not None
    }
    return {name: float(value.detach()) for name, value in terms.items()}, gradients


@pytest.mark.parametrize('epoch', [0, 20])
def test_terms_and_gradients_are_those_of_the_released_code(epoch):
    wanted = NUMBERS[f'epoch {epoch}']
    terms, gradients = computed(epoch)
    assert terms == pytest.approx(wanted['terms'], rel=TERMS)
    assert gradients.keys() == wanted['gradients'].keys()
    for name, (norm, product) in wanted['gradients'].items():
        found = gradients[name]
        assert found[0] == pytest.approx(norm, rel=GRADIENTS), name
        assert found[1] == pytest.approx(product, abs=GRADIENTS * norm), name


@pytest.mark.parametrize(
    ('change', 'terms'),
    [
        ({'levels.low.augment_long': False}, {'motion_low', 'retrieval_low', 'graph_low'}),
        ({'prototypes.long_in_batch_norm': False}, {'semantic'}),
        ({'prototypes.batch_in_queue': False}, {'semantic'}),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else '',
)
def test_each_of_the_released_code_s_forms_is_in_the_numbers(change, terms):
    found, _ = computed(20, **change)
    wanted = NUMBERS['epoch 20']['terms']
    differ = {name for name in wanted if found[name] != pytest.approx(wanted[name], rel=TERMS)}
    assert differ >= {f'loss_{name}' for name in terms}
