"""Work-arounds for upstream faults: with :mod:`mlfo_mm.compat_tools` the only place for them.

Each function mends one fault, says at which version it can go, and can be applied twice. The tests
of this module fail when one of them is taken out. Importing this one applies them
(:func:`apply`); each package that needs MMAction2 does so before it. What only MMAction2's
own tools need is in :mod:`mlfo_mm.compat_tools`.

Faults of the same versions that need no patch, because the package never takes that road:
``ResNet3d`` ignores ``init_cfg=Pretrained`` (weights are loaded with ``load_from`` and guarded),
``parse_losses`` optimises every key that contains "loss" (monitors are ``acc_*`` or ``stat_*``),
``SyncBatchNorm`` needs a GPU (configs say ``sync_bn``, which ``mlfo_mm.engine.launch`` drops on the
CPU), mmaction's ``ColorJitter`` (``mlfo_mm.datasets.transforms.color`` takes its place), and mmengine's
``AmpOptimWrapper``, which refuses a CPU (``mlfo_mm.engine.optim`` does).
"""

from __future__ import annotations

import contextlib
import functools
import importlib.util
import pickle
import sys
import time
import types
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from mlfo_mm import installation
from mlfo_mm.errors import UserError, one_line

if TYPE_CHECKING:
    from torch import Tensor, nn

DRN = 'mmaction.models.localizers.drn'


def apply() -> None:
    """Check the installation, then apply every work-around; cheap when repeated.

    Raises:
        UserError: A package is missing or unfit; a tool ends with this one line.
    """
    try:
        installation.require()
    except UserError:
        sys.excepthook = one_line
        raise
    stub_drn()
    quiet_import()
    allow_checkpoint_types()
    return_self_from_train()
    pad_short_conv3d()
    time_by_steady_clock()
    format_once()


def stub_drn() -> None:
    """Let ``import mmaction.models`` pass: the mmaction2 1.2.0 wheel lacks ``localizers/drn``.

    Can go with an mmaction2 wheel that ships the folder; a source install has it and is left alone.
    """
    spec = importlib.util.find_spec('mmaction')
    roots = (spec.submodule_search_locations or []) if spec else []
    if DRN in sys.modules or any(Path(root, 'models/localizers/drn').is_dir() for root in roots):
        return
    package, module = types.ModuleType(DRN), types.ModuleType(f'{DRN}.drn')
    package.__path__ = []
    module.DRN = type('DRN', (), {'__doc__': 'Left out of the mmaction2 wheel.'})
    package.drn = module
    sys.modules.update({DRN: package, f'{DRN}.drn': module})


def quiet_import() -> None:
    """Import mmaction's models without the warning that mmcv-lite has no CUDA operators.

    Can go when mmcv-lite no longer warns at import about operators that it never had.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings('ignore', 'Fail to import ``MultiScaleDeformableAttention``')
        try:
            import mmaction.models  # noqa: F401
        except ModuleNotFoundError as error:
            sys.excepthook = one_line
            remedy = f'{installation.PIP} {error.name}'
            finding = installation.Finding('wrong', 'mmaction2', f'needs {error.name}', remedy)
            raise installation.unfit([finding]) from error
    # mmengine 0.10.7 names the gradient scaler by its old name
    warnings.filterwarnings('ignore', r'`torch\.cuda\.amp\.GradScaler', FutureWarning)


def allow_checkpoint_types() -> None:
    """Let torch >= 2.6 load mmengine's checkpoints with ``weights_only=True``.

    mmengine stores the log history (``HistoryBuffer`` of numpy arrays) in every checkpoint, with
    references to the buffer's own methods. Only these are allowed, so a checkpoint from elsewhere
    still cannot run code. Can go with an mmengine that registers them itself.
    """
    import numpy as np
    import torch
    from mmengine.logging import HistoryBuffer

    if installation.parse(torch.__version__) < (2, 6):  # weights_only is off by default
        return
    reconstruct, scalar = np.array(0.0).__reduce__()[0], np.float64(0).__reduce__()[0]
    kinds = [np.dtype(kind) for kind in '?bhilqBHILQefd']
    allowed: list = [HistoryBuffer, np.ndarray, np.dtype]
    allowed += {kind.type for kind in kinds} | {type(kind) for kind in kinds}
    for function in (reconstruct, scalar):  # numpy 1 and 2 name the module differently
        for module in ('numpy.core.multiarray', 'numpy._core.multiarray'):
            allowed.append((function, f'{module}.{function.__name__}'))
    allowed.append((_history_method, 'builtins.getattr'))
    torch.serialization.add_safe_globals(allowed)


def _history_method(owner: type, name: str) -> Callable:
    """Stand in for ``getattr`` in checkpoints: knows the statistics of ``HistoryBuffer`` only."""
    from mmengine.logging import HistoryBuffer

    if owner is not HistoryBuffer or name not in ('min', 'max', 'current', 'mean'):
        raise pickle.UnpicklingError(f'a checkpoint may not refer to {name!r} of {owner!r}')
    return getattr(HistoryBuffer, name)


def time_by_steady_clock() -> None:
    """Let mmengine time steps by a clock that is never set back.

    ``IterTimerHook`` takes the time of day: where that is set back, a step takes less than no time, and
    the time left is ``-1 day, 23:59:51``. Can go when it takes ``time.monotonic``.
    """
    from mmengine.hooks import iter_timer_hook

    iter_timer_hook.time = types.SimpleNamespace(time=time.monotonic)


def format_once() -> None:
    """Let mmengine format the text of a config once.

    ``Config.pretty_text`` takes most of a second, and is asked for by the log, the dump, the visualizer
    and each checkpoint. Can go when it remembers its text.
    """
    from mmengine.config import config

    plain = config.FormatCode
    if hasattr(plain, '__wrapped__'):
        return

    @functools.lru_cache(maxsize=16)
    def remembered(text: str, style: tuple[tuple[str, object], ...]) -> tuple[str, bool]:
        return plain(text, style_config=dict(style))

    @functools.wraps(plain)
    def wrapped(text: str, style_config: dict[str, object]) -> tuple[str, bool]:
        return remembered(text, tuple(style_config.items()))

    config.FormatCode = wrapped


def return_self_from_train() -> None:
    """Make ``train`` and ``eval`` of mmaction's backbones return the module, as torch promises.

    ``ResNet3d.train`` and others return None, so ``net = backbone.eval()`` loses the backbone. Can
    go when mmaction2 adds the return.
    """
    from mmaction.models import backbones

    for backbone in vars(backbones).values():
        train = vars(backbone).get('train') if isinstance(backbone, type) else None
        if train is not None and not hasattr(train, '__wrapped__'):
            backbone.train = _returning_self(train)


def _returning_self(train: Callable[..., object]) -> Callable[..., nn.Module]:
    @functools.wraps(train)
    def wrapped(self: nn.Module, mode: bool = True) -> nn.Module:
        train(self, mode)
        return self

    return wrapped


def pad_short_conv3d() -> None:
    """Give ``Conv3d`` right weight gradients on CPU for clips about as short as the kernel.

    oneDNN's AVX512 weight gradient of a temporally padded convolution is uninitialised memory (or a
    crash) when no output step sees the whole kernel inside the clip: always in bfloat16, in float32
    with a temporal stride only. Every R3D at 16 frames meets this in its last stage: temporal
    kernel 3, padding 1, T = 2. The same zeros, padded explicitly, give the same function, right
    gradients and the same speed. torch 2.11 and 2.13 are affected; can go when
    ``test_torch_still_needs_the_padding`` fails.
    """
    from torch import nn

    forward = nn.Conv3d._conv_forward
    if not hasattr(forward, '__wrapped__'):
        nn.Conv3d._conv_forward = _padding_time(forward)


@contextlib.contextmanager
def implicit_padding() -> Iterator[None]:
    """Take :func:`pad_short_conv3d` back for a while, to see whether it is still needed."""
    from torch import nn

    patched = nn.Conv3d._conv_forward
    nn.Conv3d._conv_forward = getattr(patched, '__wrapped__', patched)
    try:
        yield
    finally:
        nn.Conv3d._conv_forward = patched


def _padding_time(forward: Callable[..., Tensor]) -> Callable[..., Tensor]:
    import torch
    from torch.nn import functional

    if installation.parse(torch.__version__) >= (2, 4):
        autocast = functools.partial(torch.is_autocast_enabled, 'cpu')
    else:
        autocast = torch.is_autocast_cpu_enabled

    @functools.wraps(forward)
    def wrapped(self: nn.Conv3d, inputs: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        stride = self.stride[0]
        if inputs.device.type != 'cpu' or not (
            stride > 1 or inputs.dtype == torch.bfloat16 or autocast()
        ):
            return forward(self, inputs, weight, bias)
        padding = self._reversed_padding_repeated_twice  # width, height, time: as of functional.pad
        before = padding[-2]
        first_inside = -(-before // stride) * stride - before
        reach = self.dilation[0] * (self.kernel_size[0] - 1)
        if (
            not any(padding[-2:])
            or self.padding_mode != 'zeros'  # padded explicitly by torch
            or first_inside + reach < inputs.shape[-3]
        ):
            return forward(self, inputs, weight, bias)
        padded = functional.pad(inputs, padding)
        return functional.conv3d(padded, weight, bias, self.stride, 0, self.dilation, self.groups)

    return wrapped


apply()
