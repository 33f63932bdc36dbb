"""A GPU that is not there: tensors on it have shape, type and place, and no values.

torch's fake tensors say that they are on ``cuda`` on any machine, so that a step, forward and
backward, runs at paper size in seconds and takes no memory. What would make a real GPU fail or wait
ends with :class:`Misplaced`, by operation and line; how much memory a real one would hold is counted.
"""

from __future__ import annotations

import contextlib
import traceback
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import torch
from torch import Tensor, nn
from torch._subclasses.fake_tensor import FakeTensor, FakeTensorMode, unset_fake_temporarily
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves, tree_map_only

aten = torch.ops.aten
GPU, META = torch.device('cuda:0'), torch.device('meta')
PACKAGE = Path(__file__).resolve().parent.parent
BLOCK = 512  # bytes: torch's allocator rounds up to whole ones

# what the host must know of values before it can go on
WAITS = {
    aten._local_scalar_dense,  # item, float, int, bool
    aten.equal,
    aten.is_nonzero,
    aten.masked_select,
    aten.nonzero,
    aten._unique2,
    aten.unique_dim,
    aten.unique_consecutive,
    aten.bincount,
}
TRANSFERS = {aten._to_copy, aten.copy_}
INDEXING = {aten.index, aten.index_put, aten.index_put_, aten._unsafe_index}
# what loses too much in 16 bits
PRECISE = {
    aten.exp,
    aten.log,
    aten.log1p,
    aten.logsumexp,
    aten._softmax,
    aten._log_softmax,
    aten.linalg_vector_norm,
    aten.nll_loss_forward,
    aten.std,
    aten.var,
}
HALF = (torch.bfloat16, torch.float16)


class Misplaced(RuntimeError):
    """An operation that a GPU would refuse, wait for, or do in the wrong precision."""


class FakeGPU(TorchDispatchMode):
    """Looks at every operation on fake tensors; enter it by :func:`fake_gpu`.

    Attributes:
        held: Bytes that tensors on the GPU hold now.
        peak: Most that they held.
        convolutions: Types of what was convolved, by which one sees that autocast was at work.
    """

    def __init__(self, fakes: FakeTensorMode) -> None:
        super().__init__()
        self._fakes = fakes
        self.held = self.peak = 0
        self.convolutions: set[torch.dtype] = set()
        self._known: dict[int, Any] = {}  # storages
        self._fresh: list[tuple[Tensor, Any]] = []  # see :meth:`_for_autograd`
        self._kept: list[Any] = []  # ends of the graph, as long as the GPU is there
        self._lenient = False

    def move(self, module: nn.Module) -> nn.Module:
        """Put a module of any device on the GPU, in place; values are lost."""
        for part in module.modules():
            for name, parameter in part._parameters.items():
                if parameter is not None:
                    made = nn.Parameter(self.empty(parameter), parameter.requires_grad)
                    part._parameters[name] = made
                    if made.requires_grad:  # before autograd asks for its place
                        self._fresh = [(made, None)]
                        self._kept.append(torch.autograd.graph.get_gradient_edge(made))
            for name, buffer in part._buffers.items():
                if buffer is not None:
                    part._buffers[name] = self.empty(buffer)
            if hasattr(part, '_device'):  # mmengine's data preprocessors
                part._device = GPU
        return module

    @staticmethod
    def empty(like: Tensor) -> Tensor:
        """A tensor on the GPU of the shape, type and layout of another."""
        return torch.empty_strided(like.shape, like.stride(), dtype=like.dtype, device=GPU)

    @contextlib.contextmanager
    def waiting(self) -> Iterator[None]:
        """Allow waits, where they are meant."""
        before, self._lenient = self._lenient, True
        try:
            yield
        finally:
            self._lenient = before

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple = (), kwargs: dict | None = None
    ) -> Any:
        """Check an operation, do it on fake tensors, count what it makes."""
        if func is torch.ops.prim.device.default:
            return self._for_autograd(args[0])
        kwargs = dict(kwargs or {})
        if kwargs.get('device') is not None and torch.device(kwargs['device']) == META:
            kwargs['device'] = GPU  # autograd's, see below
        given = tree_leaves((args, kwargs))
        if not any(isinstance(each, FakeTensor) for each in given) and not _names_gpu(kwargs):
            with unset_fake_temporarily():  # on the CPU, with values
                return func(*args, **kwargs)
        self._check(func, args, kwargs)
        args, kwargs = tree_map_only(Tensor, self._faked, (args, kwargs))
        made = func(*args, **kwargs)
        tensors = [each for each in tree_leaves(made) if isinstance(each, FakeTensor)]
        self._fresh = []
        if torch.is_grad_enabled() and any(getattr(x, 'requires_grad', False) for x in given):
            changed = tensors + [each._base for each in tensors if each._base is not None]
            self._fresh = [(each, each.grad_fn) for each in changed]
        for each in tensors:
            self._count(each)
        return made

    def _faked(self, tensor: Tensor) -> FakeTensor:
        return tensor if isinstance(tensor, FakeTensor) else self._fakes.from_tensor(tensor)

    def _for_autograd(self, tensor: FakeTensor) -> torch.device:
        """Where torch's own C++ is told that a tensor is.

        Without a driver its autograd fails on the streams of a device that there is not, but knows
        how to go without for ``meta``; and its autocast converts what is on ``cuda`` alone. So a
        result is ``meta`` until it has its node in the graph, which remembers the place, and within
        the backward pass, where the gradients' places are compared with those.
        """
        place = tensor.fake_device
        if place.type != 'cuda':
            return place
        if not torch.is_grad_enabled():
            return META if torch._C._current_graph_task_id() != -1 else place
        new = any(each is tensor and each.grad_fn is node for each, node in self._fresh)
        return META if new else place

    def _check(self, func: Any, args: tuple, kwargs: dict[str, Any]) -> None:
        name = func.overloadpacket
        tensors = [each for each in tree_leaves((args, kwargs)) if isinstance(each, Tensor)]
        on_gpu = [each for each in tensors if each.device.type == 'cuda']
        if name in TRANSFERS:
            self._check_transfer(func, tensors, args, kwargs)
            return
        if not on_gpu:
            return
        if any(each.device.type == 'cpu' and each.dim() for each in tensors):
            self._fail(func, 'a tensor on the CPU beside one on the GPU')
        masks = (torch.bool, torch.uint8)
        by_mask = name in INDEXING and any(
            each is not None and each.dtype in masks for each in args[1]
        )
        if (name in WAITS or by_mask) and not self._lenient:
            self._fail(func, 'the host waits for values on the GPU')
        floats = [each.dtype for each in on_gpu if each.is_floating_point()]
        if name in PRECISE and any(each in HALF for each in floats):
            self._fail(func, '16 bits are too few for it')
        if name is aten.convolution:
            self.convolutions.update(floats)

    def _check_transfer(self, func: Any, tensors: list, args: tuple, kwargs: dict) -> None:
        """Fail where a copy between host and GPU is one that the host waits for."""
        if func.overloadpacket is aten.copy_:
            places = {each.device.type for each in tensors}
            free = args[2] if len(args) > 2 else kwargs.get('non_blocking', False)
        else:
            target = kwargs.get('device')
            places = {tensors[0].device.type} | ({torch.device(target).type} if target else set())
            free = kwargs.get('non_blocking', False)
        if len(places) > 1 and not free and not self._lenient:
            self._fail(
                func, f'a copy between {" and ".join(sorted(places))} that the host waits for'
            )

    def _fail(self, func: Any, why: str) -> None:
        lines = [
            f'{Path(frame.filename).relative_to(PACKAGE.parent)}:{frame.lineno}'
            for frame in traceback.extract_stack()
            if Path(frame.filename).is_relative_to(PACKAGE) and frame.filename != __file__
        ]
        where = lines[-1] if lines else 'the backward pass'
        raise Misplaced(f'{func}: {why} ({where})')

    def _count(self, tensor: FakeTensor) -> None:
        if tensor.fake_device.type != 'cuda':
            return
        storage = tensor.untyped_storage()
        key = id(storage)
        if key in self._known:
            return
        size = -(-storage.nbytes() // BLOCK) * BLOCK
        self.held += size
        self.peak = max(self.peak, self.held)

        def gone(_: Any) -> None:
            del self._known[key]
            self.held -= size

        self._known[key] = weakref.ref(storage, gone)


def _names_gpu(kwargs: dict[str, Any]) -> bool:
    return kwargs.get('device') is not None and torch.device(kwargs['device']).type == 'cuda'


@contextlib.contextmanager
def fake_gpu() -> Iterator[FakeGPU]:
    """A fake GPU for a while: what is made within on ``cuda`` is on it, autocast is as on a real one."""
    fakes = FakeTensorMode()
    gpu = FakeGPU(fakes)
    said = contextlib.ExitStack()
    said.enter_context(
        mock.patch('torch.cuda.amp.common.amp_definitely_not_available', lambda: False)
    )
    said.enter_context(mock.patch('torch.cuda.is_bf16_supported', lambda *_: True))
    # in this thread: without devices, autograd has none for them
    with said, fakes, gpu, torch.autograd.set_multithreading_enabled(False):
        yield gpu
