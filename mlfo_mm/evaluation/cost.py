"""What a record says of a run that no evaluation has to be loaded for."""

from __future__ import annotations

from weakref import WeakKeyDictionary

from torch import nn

from mlfo_mm.evaluation.pipelines import ClipGeometry
from mlfo_mm.models.utils.complexity import complexity

NOTHING_READ = dict(expected=0, read=0, skipped=0)
_KNOWN: WeakKeyDictionary[nn.Module, dict[tuple[int, int], dict[str, float]]] = WeakKeyDictionary()


def backbone_cost(backbone: nn.Module, geometry: ClipGeometry) -> dict[str, float]:
    """Parameters in millions, and GFLOPs for a clip where they can be counted.

    A backbone that several tasks share is counted once for each size of clip.
    """
    size = (geometry.clip_len, geometry.crop_size)
    known = _KNOWN.setdefault(backbone, {})
    if size not in known:
        known[size] = _count(backbone, *size)
    return dict(known[size])


def _count(backbone: nn.Module, clip_len: int, crop_size: int) -> dict[str, float]:
    try:
        cost = complexity(backbone, clip_len, crop_size)
    except (RuntimeError, NotImplementedError):  # a backbone that does not run on shapes alone
        return dict(params_m=round(sum(p.numel() for p in backbone.parameters()) / 1e6, 4))
    return dict(params_m=round(cost.params_m, 4), gflops=round(cost.gflops, 4))
