"""MemDPC, RGB stream (Han et al., ECCV 2020, arXiv 2008.01065)."""

from __future__ import annotations

from mmaction.registry import MODELS

from ..necks import MemoryPredictor
from .dpc import DPC


@MODELS.register_module()
class MemDPC(DPC):
    """Dense predictive coding in both directions, with predictions out of a memory.

    Args:
        backbone: As of :class:`DPC`.
        prediction: As of :class:`DPC`.
        feature_size: As of :class:`DPC`.
        predict_steps: As of :class:`DPC`.
        memory_size: Vectors of the memory, which is drawn from a standard normal.
        dropout_ratio: As of :class:`DPC`.
        init_gain: As of :class:`DPC`; unscaled logits of long vectors must start small.
        data_preprocessor: As in mmengine.
        init_cfg: As in mmengine.
    """

    def __init__(
        self,
        backbone: dict,
        prediction: dict,
        feature_size: int | None = 256,
        predict_steps: int = 3,
        memory_size: int = 1024,
        dropout_ratio: float = 0.1,
        init_gain: float = 0.1,
        data_preprocessor: dict | None = None,
        init_cfg: dict | list | None = None,
    ) -> None:
        super().__init__(
            backbone,
            prediction,
            dict(type=MemoryPredictor, size=memory_size),
            feature_size,
            predict_steps,
            bidirectional=True,
            dropout_ratio=dropout_ratio,
            init_gain=init_gain,
            data_preprocessor=data_preprocessor,
            init_cfg=init_cfg,
        )
