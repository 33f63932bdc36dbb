"""Prototypes: normalised each step, frozen at first, queue later."""

from __future__ import annotations

import pytest
import torch
from torch.testing import assert_close

from mlfo_mm.models import Prototypes, SwappedPredictionLoss
from mlfo_mm.models.losses import sinkhorn


def build(**changes) -> Prototypes:
    torch.manual_seed(0)
    config = dict(
        loss=dict(type=SwappedPredictionLoss),
        num_prototypes=5,
        queue_size=6,
        queue_begin_epoch=2,
        freeze_epochs=1,
    )
    return Prototypes(16, 8, **(config | changes))


def test_scores_are_cosines_with_unit_prototypes():
    semantic = build()
    z = torch.randn(4, 8)
    with torch.no_grad():
        semantic.prototypes.weight.mul_(7)
    scores = semantic.scores(z, epoch=3)
    assert_close(semantic.prototypes.weight.norm(dim=1), torch.ones(5))
    expected = torch.stack(
        [torch.cosine_similarity(z, w[None]) for w in semantic.prototypes.weight], 1
    )
    assert_close(scores, expected)


@pytest.mark.parametrize(('epoch', 'frozen'), [(0, True), (1, False)])
def test_prototypes_get_no_gradient_at_first(epoch, frozen):
    semantic = build()
    z = torch.randn(4, 8, requires_grad=True)
    semantic.scores(z, epoch).square().sum().backward()
    assert (semantic.prototypes.weight.grad is None) == frozen
    assert z.grad.abs().sum() > 0


def test_queue_is_filled_from_the_start_and_used_later():
    semantic = build()
    first, second = torch.randn(4, 5), torch.randn(4, 5)
    assert_close(semantic.targets(first, 0, epoch=0), sinkhorn(first))
    expected = sinkhorn(torch.cat([semantic.queues[0].get(), second]))[-4:]
    got = semantic.targets(second, 0, epoch=2)
    assert_close(got, expected)
    assert not torch.allclose(got, sinkhorn(second))
    assert len(semantic.queues[1].get()) == 0 or not torch.equal(
        semantic.queues[1].get(), semantic.queues[0].get()
    )


@pytest.mark.parametrize(('size', 'pool'), [(6, 6), (4, 4), (3, 4)])
def test_a_queue_that_counts_the_batch(size, pool):
    """The pool is what the queue holds once the batch is in it, and the batch at least."""
    semantic = build(batch_in_queue=True, queue_size=size)
    first, second = torch.randn(4, 5), torch.randn(4, 5)
    assert_close(semantic.targets(first, 0, epoch=2), sinkhorn(first))
    expected = sinkhorn(torch.cat([first, second])[-pool:])[-4:]
    assert_close(semantic.targets(second, 0, epoch=2), expected)
    assert_close(semantic.queues[0].get(), torch.cat([first, second])[-size:])


def test_the_long_clip_in_the_batch_norm():
    short, long = torch.randn(4, 16, 2, 3, 3), 3 + torch.randn(2, 16, 4, 3, 3)
    semantic = build(long_in_batch_norm=True)
    pooled = torch.cat([short.mean((2, 3, 4)), long.mean((2, 3, 4))])
    expected = build().projection(pooled)[:4]
    assert_close(semantic.project(short, long), expected)
    plain = build()
    assert_close(plain.project(short, long), build().projection(short))
    assert not torch.allclose(plain.project(short, long), expected)
    assert_close(semantic.project(short, None), build().projection(short))


def test_one_prototype_is_refused():
    with pytest.raises(ValueError, match='num_prototypes is 1'):
        build(num_prototypes=1)
