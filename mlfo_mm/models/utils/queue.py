"""A first-in first-out memory of features."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn


class FeatureQueue(nn.Module):
    """The last ``size`` feature vectors; all state is in buffers, so that a checkpoint restores it.

    Args:
        size: capacity in vectors.
        dim: length of a vector.
    """

    queue: Tensor
    ptr: Tensor
    filled: Tensor

    def __init__(self, size: int, dim: int) -> None:
        super().__init__()
        if size < 1 or dim < 1:
            raise ValueError(f'FeatureQueue needs size and dim of at least 1, got {size} and {dim}')
        self.size = size
        self.dim = dim
        self.register_buffer('queue', torch.zeros(size, dim))
        self.register_buffer('ptr', torch.zeros((), dtype=torch.long))  # where the next vector goes
        self.register_buffer('filled', torch.zeros((), dtype=torch.long))
        self._count = 0  # the value of ``filled``, which one would have to wait for on a GPU

    @property
    def count(self) -> int:
        """How many vectors it holds."""
        return self._count

    @property
    def full(self) -> bool:
        """Whether the capacity is reached."""
        return self.count == self.size

    @torch.no_grad()
    def enqueue(self, x: Tensor) -> None:
        """Append vectors (N, dim), the last row being the newest; the oldest ones make room.

        Of more than ``size`` vectors the last ``size`` stay. Under several processes x is the
        gathered batch, so that all ranks hold the same queue.
        """
        if x.dim() != 2 or x.shape[1] != self.dim:
            raise ValueError(f'FeatureQueue needs vectors (N, {self.dim}), got {tuple(x.shape)}')
        x = x[-self.size :].to(self.queue)
        slots = (self.ptr + torch.arange(len(x), device=self.ptr.device)) % self.size
        self.queue.index_copy_(0, slots, x)
        self.ptr.add_(len(x)).remainder_(self.size)
        self._count = min(self._count + len(x), self.size)
        self.filled.fill_(self._count)

    @torch.no_grad()
    def get(self) -> Tensor:
        """Return a copy of the content, (count, dim), from the oldest to the newest."""
        ages = torch.arange(-self.count, 0, device=self.ptr.device)
        return self.queue[(self.ptr + ages) % self.size]

    def _load_from_state_dict(self, *args: Any) -> None:
        super()._load_from_state_dict(*args)
        self._count = int(self.filled)

    def extra_repr(self) -> str:
        """Show the capacity when printed."""
        return f'size={self.size}, dim={self.dim}'
