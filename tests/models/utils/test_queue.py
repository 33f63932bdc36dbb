"""The feature queue against a plain list."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from mlfo_mm.models.utils import FeatureQueue


@settings(max_examples=60, deadline=None)
@given(size=st.integers(1, 7), batches=st.lists(st.integers(0, 17), max_size=8))
def test_behaves_as_the_tail_of_a_list(size, batches):
    queue, reference, value = FeatureQueue(size, 2), [], 0
    for batch in batches:
        x = torch.arange(value, value + batch).float()[:, None].expand(batch, 2)
        value += batch
        queue.enqueue(x)
        reference = (reference + x.tolist())[-size:]
        assert queue.get().tolist() == reference
        assert queue.count == len(reference)
        assert queue.full == (len(reference) == size)


def test_state_survives_a_checkpoint():
    queue, copy = FeatureQueue(5, 3), FeatureQueue(5, 3)
    queue.enqueue(torch.randn(7, 3))
    assert set(queue.state_dict()) == {'queue', 'ptr', 'filled'}
    copy.load_state_dict(queue.state_dict())
    x = torch.randn(2, 3)
    queue.enqueue(x)
    copy.enqueue(x)
    assert torch.equal(queue.get(), copy.get())
    assert copy.full


def test_holds_no_gradient_and_hands_out_copies():
    queue = FeatureQueue(4, 3)
    x = torch.randn(2, 3, dtype=torch.float16, requires_grad=True)
    queue.enqueue(x)
    content = queue.get()
    assert not content.requires_grad and content.dtype == torch.float32
    content.zero_()
    assert torch.equal(queue.get(), x.detach().float())


def test_errors():
    with pytest.raises(ValueError, match='at least 1, got 0 and 3'):
        FeatureQueue(0, 3)
    with pytest.raises(ValueError, match=r'needs vectors \(N, 3\), got \(2, 4\)'):
        FeatureQueue(4, 3).enqueue(torch.ones(2, 4))


def test_it_is_printed_with_its_size():
    assert repr(FeatureQueue(4, 3)) == 'FeatureQueue(size=4, dim=3)'
