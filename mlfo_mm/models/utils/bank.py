"""The last embedding of each sample of a data set."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from mlfo_mm.errors import UserError


class SampleBank(nn.Module):
    """Vectors by the samples' places in their list; all state is in buffers.

    Args:
        size: Places that there are at most.
        dim: Length of a vector.
    """

    vectors: Tensor
    seen: Tensor
    last: Tensor

    def __init__(self, size: int, dim: int) -> None:
        super().__init__()
        if size < 1 or dim < 1:
            raise ValueError(f'SampleBank needs size and dim of at least 1, got {size} and {dim}')
        self.register_buffer('vectors', torch.zeros(size, dim))
        self.register_buffer('seen', torch.zeros(size, dtype=torch.bool))
        self.register_buffer('last', torch.tensor(-1))  # place that came

    @torch.no_grad()
    def put(self, places: Tensor, x: Tensor) -> None:
        """Keep vectors (N, dim) of places (N,); of a place that comes twice, one of them stays.

        Raises:
            UserError: As :meth:`check`; on a GPU, which would have to be waited for, not here.
        """
        self.last.copy_(torch.maximum(self.last, places.max()))
        if not places.is_cuda:
            self.check()
        places = places.clamp(max=len(self.seen) - 1)
        self.vectors.index_copy_(0, places, x.to(self.vectors))
        self.seen.index_fill_(0, places, True)

    def check(self) -> None:
        """Raise a UserError where a place beyond the size came."""
        if int(self.last) >= len(self.seen):
            raise UserError(
                f'the list has more than {len(self.seen)} videos: set model.bank_size to their number'
            )
