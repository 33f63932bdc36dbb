"""PRP (Yao et al., CVPR 2020, arXiv 2006.11476)."""

from __future__ import annotations

from dataclasses import replace

import torch
from mmaction.registry import MODELS
from torch import Tensor

from ..losses import explained
from ..necks.decoder import conv_block
from ..utils import Bound, TermBound
from .base import SelfSupervisedRecognizer


@MODELS.register_module()
class PRP(SelfSupervisedRecognizer):
    """From a clip at a drawn rate, told: the rate, and the clip at half that rate.

    Args:
        backbone: Config of the backbone; its last level is used.
        head: Config of a ``ClipHead`` that tells the rate.
        decoder: Config of a ``VideoDecoder``.
        reconstruction: Config of a ``ReconstructionLoss``, which has the rates.
        head_weight: Weight of the rate's term.
        data_preprocessor: As in mmengine.
        init_cfg: As in mmengine.
    """

    def __init__(
        self,
        backbone: dict,
        head: dict,
        decoder: dict,
        reconstruction: dict,
        head_weight: float = 0.1,
        data_preprocessor: dict | None = None,
        init_cfg: dict | list | None = None,
    ) -> None:
        super().__init__(backbone, data_preprocessor, init_cfg)
        channels = self.level_channels()[-1]
        self.discriminate = conv_block(channels, channels)
        self.head = MODELS.build(dict(head, in_channels=channels))
        self.decoder = MODELS.build(dict(decoder, in_channels=channels))
        self.reconstruction = MODELS.build(reconstruction)
        self.head_weight = head_weight
        self.register_buffer('rates', torch.tensor(self.reconstruction.rates), persistent=False)
        classes, rates = sum(self.head.tasks.values()), self.reconstruction.rates
        if classes != len(rates):
            raise ValueError(
                f'the head tells {classes} rates, the reconstruction has {rates}: model.head.tasks, '
                'model.reconstruction.rates and the rates of the sampler must agree'
            )

    def loss(self, inputs: Tensor, data_samples: list | None = None) -> dict[str, Tensor]:
        """Terms and monitors of (N, 2, 3, L, H, W): the clips, and the frames between theirs."""
        if inputs.shape[1] != 2:
            raise ValueError(f'PRP reads 2 views, not {inputs.shape[1]}: it needs SamplePlayback')
        labels = torch.stack([sample.gt_label for sample in data_samples or []])  # (N, 1, 1)
        labels = labels.to(inputs.device)
        high = self.extract_feat(inputs[:, 0])[-1]  # (N, C, T', H', W')
        logs = self.head.loss(self.discriminate(high)[:, None], labels)
        logs = {k: self.head_weight * v if k.startswith('loss_') else v for k, v in logs.items()}
        target = inputs.movedim(1, 3).flatten(2, 3)  # (N, 3, 2L, H, W): in turn
        predicted = self.decoder(high, target.shape[2:])
        weights = self.reconstruction.weigh(target, self.rates[labels[:, 0, 0]])
        logs['loss_reconstruction'] = self.reconstruction(predicted, target, weights)
        columns = [each.movedim(1, -1).flatten(0, 3) for each in (predicted, target, weights)]
        logs['stat_explained'] = explained(*columns)  # of (N*2L*H*W, 3)
        return logs

    def monitor_bounds(self, batch_size: int) -> dict[str, Bound | TermBound]:
        """Of the rate, and of what the reconstruction is better at than one colour everywhere."""
        bounds: dict[str, Bound | TermBound] = {
            name: replace(bound, weight=self.head_weight)
            for name, bound in self.head.monitor_bounds().items()
        }
        what = 'the reconstruction is no better than one colour everywhere'
        return super().monitor_bounds(batch_size) | bounds | dict(stat_explained=Bound(0.05, what))
