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

    def __init__(self, size: int, dim: int) -> None:
        super().__init__()
        if size < 1 or dim < 1:
            raise ValueError(f'SampleBank needs size and dim of at least 1, got {size} and {dim}')
        self.register_buffer('vectors', torch.zeros(size, dim))
        self.register_buffer('seen', torch.zeros(size, dtype=torch.bool))

    @torch.no_grad()
    def put(self, places: Tensor, x: Tensor) -> None:
        """Keep vectors (N, dim) of places (N,); of a place that comes twice, one of them stays.

        Raises:
            UserError: A place beyond the size.
        """
        if int(places.max()) >= len(self.seen):
            raise UserError(
                f'the list has more than {len(self.seen)} videos: set model.bank_size to their number'
            )
        self.vectors[places] = x.to(self.vectors)
        self.seen[places] = True
