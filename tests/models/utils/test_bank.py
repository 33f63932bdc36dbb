"""The bank of samples: what stays, that a checkpoint restores it, and where it ends."""

from __future__ import annotations

import pytest
import torch

from mlfo_mm.errors import UserError
from mlfo_mm.models.utils import SampleBank


def test_the_last_vector_of_each_place_stays_and_is_restored():
    bank = SampleBank(5, 2)
    assert not bank.seen.any()
    bank.put(torch.tensor([4, 1]), torch.tensor([[1.0, 2], [3, 4]]))
    bank.put(torch.tensor([1, 2]), torch.tensor([[5.0, 6], [7, 8]]))
    assert bank.seen.tolist() == [False, True, True, False, True]
    assert bank.vectors[bank.seen].tolist() == [[5, 6], [7, 8], [1, 2]]
    other = SampleBank(5, 2)
    other.load_state_dict(bank.state_dict())
    assert torch.equal(other.vectors, bank.vectors) and torch.equal(other.seen, bank.seen)


def test_a_list_that_is_longer_names_the_key():
    with pytest.raises(UserError, match=r'more than 5 videos: set model\.bank_size'):
        SampleBank(5, 2).put(torch.tensor([5]), torch.ones(1, 2))
    with pytest.raises(ValueError, match='size and dim of at least 1'):
        SampleBank(0, 2)
