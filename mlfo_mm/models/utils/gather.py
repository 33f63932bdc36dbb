"""Gathering embeddings over processes, with exact gradients.

Convention. Rank r computes a loss ``L_r`` from its own and from gathered tensors, and
DistributedDataParallel averages parameter gradients over the W ranks. The backward pass of the
gather is its exact adjoint: the gradient of a rank's tensor is the SUM over all ranks of their
gradients for its slice. So the averaged parameter gradient is that of ``mean_r L_r``, nothing to be
rescaled:

- every rank computes the same loss L from gathered tensors alone: the sum is ``W * dL/dx_r``, the
  average over ranks brings back ``dL/dtheta``, as if one process had the whole batch;
- every rank takes the mean over its own samples (against gathered keys or none): the average is the
  mean over the whole batch, because all ranks hold equally many samples.

Every rank must call the functions in the same order with tensors of the same shape.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from mmengine.dist import get_world_size
from torch import Tensor
from torch.distributed.nn.functional import all_gather


def gather_with_grad(x: Tensor) -> Tensor:
    """Concatenate a tensor (N, ...) over the ranks, in rank order: (W * N, ...).

    Returns x itself when there is one process or no process group.
    """
    if get_world_size() == 1:
        return x
    return torch.cat(all_gather(x))


def gather_all(tensors: Sequence[Tensor]) -> list[Tensor]:
    """Gather several tensors (N, ...) of one N in one collective; each returns as (W * N, ...).

    They travel side by side in one matrix, in the widest of their types, and keep their own.

    Raises:
        ValueError: if the tensors differ in N.
    """
    sizes = sorted({len(tensor) for tensor in tensors})
    if len(sizes) > 1:
        raise ValueError(f'gather_all needs tensors of the same batch size, got {sizes}')
    if get_world_size() == 1 or not tensors:
        return list(tensors)
    widths = [math.prod(tensor.shape[1:]) for tensor in tensors]
    dtype = tensors[0].dtype
    for tensor in tensors[1:]:
        dtype = torch.promote_types(dtype, tensor.dtype)
    rows = [tensor.reshape(len(tensor), -1).to(dtype) for tensor in tensors]
    packed = torch.cat(rows, dim=1)  # (N, sum of widths)
    columns = torch.split(gather_with_grad(packed), widths, dim=1)
    return [
        column.reshape(-1, *tensor.shape[1:]).to(tensor.dtype)
        for column, tensor in zip(columns, tensors, strict=True)
    ]
