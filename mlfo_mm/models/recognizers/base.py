"""The contract of every self-supervised recognizer."""

from __future__ import annotations

import copy
from abc import abstractmethod
from dataclasses import dataclass
from typing import Any

import torch
from mmaction.registry import MODELS
from mmengine.model import BaseModel
from torch import Tensor

from mlfo_mm.study.identity import ZEROS

from ..utils import COLLAPSE, Bound, TermBound, pad_in_time


@dataclass(frozen=True)
class Embeddings:
    """What a method makes of M clips.

    Attributes:
        instance: (M, D) float32, what it tells samples apart by.
        semantic: (M, K) scores of the groups that it sorts samples into; None where it has none.
    """

    instance: Tensor
    semantic: Tensor | None = None


class SelfSupervisedRecognizer(BaseModel):
    """Backbone, epoch signal and the dispatch of modes; a method adds its necks and :meth:`loss`.

    Args:
        backbone: Config of a 3D backbone that returns a tuple of levels, low to high, each of
            shape (M, C, T', H', W'); its ``time_padding`` is that of :func:`pad_in_time`.
        data_preprocessor: Config of the data preprocessor.
        init_cfg: Initialisation, as in mmengine.

    Attributes:
        embedding: What :meth:`embed` gives as ``instance``, in words for a record.
    """

    embedding = 'backbone features'

    def __init__(
        self,
        backbone: dict,
        data_preprocessor: dict | None = None,
        init_cfg: dict | list | None = None,
    ) -> None:
        super().__init__(data_preprocessor=data_preprocessor, init_cfg=init_cfg)
        backbone = backbone.copy()
        self.time_padding = backbone.pop('time_padding', ZEROS)
        self.backbone = MODELS.build(backbone)
        pad_in_time(self.backbone, self.time_padding)
        self.register_buffer('epoch', torch.tensor(0))
        self.current_epoch = 0  # the buffer's value, which one would have to wait for on a GPU
        self.max_epochs = 1
        self.progress = 0.0  # share of the training steps that are done
        self.shown: tuple[int, ...] | None = None  # (V, 3, T, H, W) of a sample, once one was

    def init_weights(self) -> None:
        """Initialise as mmengine does.

        Raises:
            ValueError: A size of a part is 0, which torch takes without a word.
        """
        for name, parameter in self.named_parameters():
            if not parameter.numel():
                raise ValueError(
                    f'model.{name} would be empty, of shape {tuple(parameter.shape)}: a size is 0'
                )
        super().init_weights()

    def set_epoch(self, epoch: int, max_epochs: int) -> None:
        """Tell the model where in the schedule it is, both counted in epochs from 0."""
        self.epoch.fill_(epoch)
        self.current_epoch = epoch
        self.max_epochs = max_epochs

    def _load_from_state_dict(self, *args: Any) -> None:
        super()._load_from_state_dict(*args)
        self.current_epoch = int(self.epoch)

    @torch.no_grad()
    def level_channels(self) -> list[int]:
        """Channels of each level, read from the backbone itself."""
        training = self.backbone.training
        self.backbone.eval()
        levels = self.extract_feat(torch.zeros(1, 3, 8, 32, 32))
        self.backbone.train(training)
        return [level.shape[1] for level in levels]

    @torch.no_grad()
    def level_shapes(self, joined: int = 1) -> list[tuple[int, ...]]:
        """Each level's (C, T', H', W') of clips as were shown, so many in a row; nothing is computed.

        Empty where none was shown yet.
        """
        if self.shown is None:
            return []
        backbone = copy.deepcopy(self.backbone).to('meta').eval()
        _, channels, clip_len, *size = self.shown
        levels = backbone(torch.empty(1, channels, joined * clip_len, *size, device='meta'))
        return [tuple(level.shape[1:]) for level in levels]

    def extract_feat(self, clips: Tensor) -> tuple[Tensor, ...]:
        """Features of clips (M, 3, T, H, W): one (M, C, T', H', W') a level, low to high."""
        levels = self.backbone(clips)
        return levels if isinstance(levels, tuple) else (levels,)

    def embed(self, clips: Tensor) -> Embeddings:
        """What the method tells clips (M, 3, T, H, W) apart by; here their last level, averaged."""
        return Embeddings(self.extract_feat(clips)[-1].float().mean((2, 3, 4)))

    def monitor_bounds(self, batch_size: int) -> dict[str, Bound | TermBound]:
        """What is known of what :meth:`loss` may return, by its names.

        Monitors must not fall below their bounds; terms have a loss by chance, and by a shortcut.
        ``stat_std`` is the spread of what a method tells samples apart by. Bounds that depend on
        the size of clips are known once some were shown.

        Args:
            batch_size: Samples a step in all processes.
        """
        return {'stat_std': COLLAPSE}

    def forward(self, inputs: Tensor, data_samples: list | None = None, mode: str = 'tensor'):
        """Losses of a batch (``mode='loss'``) or its features (``'tensor'``, ``'predict'``).

        Args:
            inputs: (N, V, 3, T, H, W).
            data_samples: As packed by the pipeline; no label is read in pretraining.
            mode: One of 'loss', 'tensor', 'predict'.
        """
        if mode == 'loss':
            self.shown = tuple(inputs.shape[1:])
            return self.loss(inputs, data_samples)
        if mode in ('tensor', 'predict'):
            return self.extract_feat(inputs.flatten(0, 1))  # (N*V, 3, T, H, W)
        raise ValueError(f"mode is 'loss', 'tensor' or 'predict', not {mode!r}")

    @abstractmethod
    def loss(self, inputs: Tensor, data_samples: list | None) -> dict[str, Tensor]:
        """Terms to add up (``loss_*``) and monitors (``acc_*``, ``stat_*``) of (N, V, 3, T, H, W)."""
