"""The downstream model: a backbone whose last level is pooled, with a linear classifier or none."""

from __future__ import annotations

import torch
from mmaction.models import Recognizer3D
from mmaction.models.heads import BaseHead
from mmaction.registry import MODELS
from torch import Tensor, nn
from torch.nn import functional

from mlfo_mm.models.utils import pad_in_time
from mlfo_mm.study.identity import ZEROS


@MODELS.register_module()
class LinearHead(BaseHead):
    """Pooled features to scores, in float32 under autocast as well.

    Args:
        num_classes: Number of classes.
        in_channels: Width of the features.
        dropout_ratio: Dropout before the classifier.
        normalize: L2 normalisation and a batch norm before the classifier: CoCLR's linear probe.
        average_clips: 'prob' for the mean softmax over clips, 'score' for the mean of the logits.
    """

    def __init__(
        self,
        num_classes: int,
        in_channels: int,
        dropout_ratio: float = 0.0,
        normalize: bool = False,
        average_clips: str = 'prob',
    ) -> None:
        super().__init__(num_classes, in_channels, topk=(1,), average_clips=average_clips)
        self.normalize = normalize
        self.dropout = nn.Dropout(dropout_ratio)
        self.norm = nn.BatchNorm1d(in_channels) if normalize else nn.Identity()
        self.fc_cls = nn.Linear(in_channels, num_classes)

    def init_weights(self) -> None:
        """Initialise the classifier."""
        nn.init.normal_(self.fc_cls.weight, std=0.01)
        nn.init.zeros_(self.fc_cls.bias)

    def forward(self, x: Tensor) -> Tensor:
        """Features (M, D) to logits (M, num_classes)."""
        with torch.autocast(x.device.type, enabled=False):
            x = x.float()
            if self.normalize:
                x = functional.normalize(x, dim=1)
            return self.fc_cls(self.dropout(self.norm(x)))


LEVELS = ('low', 'mid', 'high')


@MODELS.register_module()
class DownstreamRecognizer(Recognizer3D):
    """A backbone's last level, averaged over space and time, and a head on it.

    Without a head, prediction stores the pooled features of a sample's clips as ``clip_features``
    (V, D), which :class:`NNRecall` reads, and those of the levels below as ``clip_extra``, by name.

    Args:
        backbone: Config of a backbone that returns one level or a tuple, low to high; its
            ``time_padding`` is that of the pretraining.
        cls_head: Config of the head.
        data_preprocessor: Config of the data preprocessor.
        freeze_backbone: Keep the backbone as it is: no gradient, batch norm in eval mode.
    """

    def __init__(
        self,
        backbone: dict,
        cls_head: dict | None = None,
        data_preprocessor: dict | None = None,
        freeze_backbone: bool = False,
    ) -> None:
        backbone = backbone.copy()
        padding = backbone.pop('time_padding', ZEROS)
        super().__init__(backbone, cls_head=cls_head, data_preprocessor=data_preprocessor)
        pad_in_time(self.backbone, padding)
        self.freeze_backbone = freeze_backbone
        if freeze_backbone:
            self.backbone.requires_grad_(False)

    def init_weights(self) -> None:
        """Initialise once: the Runner's later call would wipe the backbone's loaded weights."""
        if not self.is_init:
            super().init_weights()

    def train(self, mode: bool = True) -> DownstreamRecognizer:
        """Switch to training; a frozen backbone stays in eval mode."""
        super().train(mode)
        if self.freeze_backbone:
            self.backbone.eval()
        return self

    def extract_levels(self, inputs: Tensor) -> tuple[Tensor, ...]:
        """Feature maps of clips (N, V, C, T, H, W), one (N*V, D, T', h, w) a level, low to high."""
        clips = inputs.flatten(0, 1)  # (N*V, C, T, H, W)
        with torch.set_grad_enabled(torch.is_grad_enabled() and not self.freeze_backbone):
            levels = self.backbone(clips)
        return tuple(levels) if isinstance(levels, tuple | list) else (levels,)

    def extract_feat(
        self,
        inputs: Tensor,
        stage: str = 'neck',
        data_samples: list | None = None,
        test_mode: bool = False,
    ) -> tuple[Tensor, dict]:
        """Pooled features (N*V, D) of clips (N, V, C, T, H, W)."""
        return _pool(self.extract_levels(inputs)[-1]), {}

    def predict(self, inputs: Tensor, data_samples: list) -> list:
        """Scores of each sample, or its clips' features where there is no head."""
        if self.with_cls_head:
            return super().predict(inputs, data_samples)
        # (N*V, D) -> (N, V, D)
        levels = [
            _pool(level).unflatten(0, inputs.shape[:2]) for level in self.extract_levels(inputs)
        ]
        names = LEVELS[-len(levels) :]
        for index, sample in enumerate(data_samples):
            *below, last = (level[index] for level in levels)
            sample.set_field(last, 'clip_features')  # `features` is MMAction2's own
            sample.set_field(dict(zip(names, below, strict=False)), 'clip_extra')
        return data_samples


def _pool(level: Tensor) -> Tensor:
    return level.float().mean((2, 3, 4))  # (M, D, T', h, w) -> (M, D)
