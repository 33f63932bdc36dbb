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
import gc
import importlib.util
import pickle
import sys
import time
import types
import warnings
from collections.abc import Callable, Iterator
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlfo_mm import installation
from mlfo_mm.compat_conv3d import pad_short_conv3d
from mlfo_mm.errors import UserError, one_line

if TYPE_CHECKING:
    from torch import nn

DRN = 'mmaction.models.localizers.drn'


def apply() -> None:
    """Check the installation, then apply every work-around; cheap when repeated.

    Raises:
        UserError: A package is missing or unfit; a tool ends with this one line.
    """
    with _uncollected():
        try:
            installation.require()
        except UserError:
            sys.excepthook = one_line
            raise
        stub_drn()
        import_optimizers()
        quiet_import()
        import_transforms()
    tell_torchvision_by_its_metadata()
    allow_checkpoint_types()
    return_self_from_train()
    pad_short_conv3d()
    time_by_steady_clock()
    format_once()


@contextlib.contextmanager
def _uncollected() -> Iterator[None]:
    """Import without collecting garbage: of a million objects that stay, a quarter of the time.

    They are left out of later collections as well.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if enabled:
            gc.enable()


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


def import_optimizers() -> None:
    """Import mmengine's optimisers without ``torch.distributed.optim``, which compiles its own ones.

    It is loaded when a ``ZeroRedundancyOptimizer`` is made. Can go when mmengine imports it there.
    """
    if 'mmengine.optim' not in sys.modules:
        with _in_place_of('torch.distributed.optim', ZeroRedundancyOptimizer=_ShardedOnDemand):
            import mmengine.optim  # noqa: F401


class _ShardedOnDemand:
    """Parent of mmengine's ``ZeroRedundancyOptimizer``, which is made anew with torch's at the first."""

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        from mmengine.optim.optimizer import zero_optimizer
        from mmengine.registry import OPTIMIZERS

        if zero_optimizer.ZeroRedundancyOptimizer is cls:
            OPTIMIZERS.module_dict.pop(cls.__name__)
            importlib.reload(zero_optimizer)
        return zero_optimizer.ZeroRedundancyOptimizer(*args, **kwargs)


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


def import_transforms() -> None:
    """Import mmaction's transforms without ``scipy.stats``, a second for one function of skeletons.

    ``mode`` is loaded when it is called. Can go when ``pose_transforms`` imports it where it is used.
    """
    if 'mmaction.datasets.transforms' not in sys.modules:
        with _in_place_of('scipy.stats', mode=_mode):
            import mmaction.datasets.transforms  # noqa: F401


def _mode(*arguments: Any, **options: Any) -> Any:
    from scipy.stats import mode

    return mode(*arguments, **options)


def tell_torchvision_by_its_metadata() -> None:
    """Let a log name torchvision's version without loading it, two seconds of each training.

    Can go when mmengine's ``collect_env`` asks for metadata.
    """
    from mmengine.runner import runner

    collect = runner.collect_env
    if hasattr(collect, '__wrapped__'):
        return

    @functools.wraps(collect)
    def wrapped() -> dict[str, Any]:
        with _in_place_of('torchvision', __version__=metadata.version('torchvision')):
            return collect()

    runner.collect_env = wrapped


@contextlib.contextmanager
def _in_place_of(name: str, **attributes: Any) -> Iterator[None]:
    """A module of some attributes in the place of one that is not loaded, for a while."""
    if name in sys.modules:
        yield
        return
    stand_in = types.ModuleType(name)
    vars(stand_in).update(attributes)
    sys.modules[name] = stand_in
    try:
        yield
    finally:
        del sys.modules[name]


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


apply()
