"""Pretext tasks on labels that the pipeline makes: a transform writes the label, a head reads it."""

from __future__ import annotations

import torch
from mmaction.registry import MODELS
from torch import Tensor

from ..losses.bounds import pair_bound
from ..utils import Bound, TermBound, gather_all
from .base import Embeddings, SelfSupervisedRecognizer


@MODELS.register_module()
class PretextClassifier(SelfSupervisedRecognizer):
    """A backbone and a head on its last level that tells what the pipeline did to the clips.

    MMAction2's ``Recognizer3D`` and a head with its signature would do for a classification alone.
    Here the head's width is that of whichever backbone, several pathways included, and the contrast
    reads the features of the same pass.

    Args:
        backbone: As in the base class.
        head: Config of a head with ``loss(features, labels)``, one of ``mlfo_mm/models/heads``.
        contrast: Config of an objective that also attracts the two clips of a video to each other,
            with the rest of the batch as negatives; none where None.
        projection: Config of the projection that it reads.
        data_preprocessor: As in mmengine.
        init_cfg: Initialisation, as in mmengine.
    """

    def __init__(
        self,
        backbone: dict,
        head: dict,
        contrast: dict | None = None,
        projection: dict | None = None,
        data_preprocessor: dict | None = None,
        init_cfg: dict | list | None = None,
    ) -> None:
        super().__init__(backbone, data_preprocessor, init_cfg)
        if (contrast is None) != (projection is None):
            raise ValueError('contrast and projection go together: give the model both or none')
        channels = self.level_channels()[-1]
        self.head = MODELS.build(dict(head, in_channels=channels))
        self.contrast = MODELS.build(contrast) if contrast else None
        if projection:
            self.projection = MODELS.build(dict(projection, in_channels=channels))
            self.embedding = 'embeddings of the contrast between clips'

    def loss(self, inputs: Tensor, data_samples: list | None = None) -> dict[str, Tensor]:
        """Terms and monitors of a batch (N, V, 3, T, H, W), labels (V, tasks) or (1, 1) a sample."""
        labels = torch.stack([sample.gt_label for sample in data_samples or []])
        if labels.ndim != 3:
            raise ValueError(
                'PretextClassifier got class labels: the pipeline needs a sampler or a transform of '
                'the pretext task, which puts its own label in their place'
            )
        high = self.extract_feat(inputs.flatten(0, 1))[-1]  # (N*V, C, T', H', W')
        logs = self.head.loss(high.unflatten(0, inputs.shape[:2]), labels.to(high.device))
        if self.contrast is not None:
            if inputs.shape[1] != 2:
                raise ValueError(
                    f'contrast needs 2 clips of a video, not {inputs.shape[1]}: set the num_clips '
                    'of the sampler'
                )
            embeddings = self.projection(high).unflatten(0, inputs.shape[:2])  # (N, 2, D)
            views = gather_all(embeddings.unbind(1))
            logs['loss_contrast'], logs['acc_contrast'] = self.contrast.loss_and_accuracy(*views)
        return logs

    def monitor_bounds(self, batch_size: int) -> dict[str, Bound | TermBound]:
        """Of the head's tasks and of the contrast."""
        bounds = super().monitor_bounds(batch_size) | self.head.monitor_bounds()
        if self.contrast is not None:
            bounds['loss_contrast'] = pair_bound(self.contrast, batch_size)
        return bounds

    def embed(self, clips: Tensor) -> Embeddings:
        """What the contrast compares of clips (M, 3, T, H, W); without one, the backbone's features."""
        if self.contrast is None:
            return super().embed(clips)
        return Embeddings(self.projection(self.extract_feat(clips)[-1]).float())
