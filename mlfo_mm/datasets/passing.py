"""How a loader's worker hands its samples over: small tensors by value.

Torch passes each tensor as a file of shared memory, with a connection of its own to fetch it: 0.3 ms
of CPU for each, a label as a clip. Written into the message, label and clip take a sixth of that.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from multiprocessing.reduction import ForkingPickler

import torch
from torch import Tensor
from torch.multiprocessing.reductions import reduce_tensor

from mlfo_mm.processes import die_with_parent

LARGEST = 1 << 20  # bytes; copies through the pipe cost more than a connection above


def pass_small_by_value() -> None:
    """Let this process, a loader's worker, send small tensors by value; cheap when repeated.

    A worker whose parent was killed would wait for good to hand over what the pipe does not hold: it
    ends with its parent, and where the system cannot see to that, all goes as torch has it.
    """
    if sys.platform == 'linux' and ForkingPickler._extra_reducers.get(Tensor) is not reduce:
        die_with_parent()
        ForkingPickler.register(Tensor, reduce)


def reduce(tensor: Tensor) -> tuple[Callable, tuple]:
    """How a tensor is put together again at the other end: a function and its arguments."""
    small = tensor.numel() * tensor.element_size() <= LARGEST
    plain = tensor.layout is torch.strided and tensor.dtype is not torch.bfloat16
    if not (small and plain and tensor.device.type == 'cpu') or tensor.requires_grad:
        return reduce_tensor(tensor)
    if tensor.is_shared():
        return reduce_tensor(tensor)  # the other end may write into it
    return torch.from_numpy, (tensor.numpy(),)
