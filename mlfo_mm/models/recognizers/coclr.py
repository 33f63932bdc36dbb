"""CoCLR (Han et al., NeurIPS 2020, arXiv 2010.09709) on RGB and differences of frames."""

from __future__ import annotations

import math

import torch
from mmaction.registry import MODELS
from torch import Tensor, nn

from ..losses import embedding_std, mine
from ..losses.bounds import EVEN
from ..necks import ProjectionMLP
from ..utils import (
    COLLAPSE,
    Bound,
    FeatureQueue,
    MomentumEncoder,
    TermBound,
    gather_all,
    pad_in_time,
)
from .base import Embeddings, SelfSupervisedRecognizer
from .two_views import two_views

RGB, DIFFERENCE = STREAMS = ('rgb', 'difference')
HALF = 1 << 24  # whole numbers below it are exact in float32


def differences(clips: Tensor) -> Tensor:
    """Each frame of clips (M, 3, T, H, W) as its change to the next; the last one's is that before."""
    changes = clips.diff(dim=2)
    return torch.cat([changes, changes[:, :, -1:]], 2)


@MODELS.register_module()
class CoCLR(SelfSupervisedRecognizer):
    """Two networks with queues, on RGB and on differences of frames, that find positives for each other.

    In the first stage both learn by themselves, each query from its key alone (MoCo). Then one learns
    and the other stands still, in turn: RGB, differences, RGB, ... A query's positives are its key,
    old keys of the same source, and the old keys of those clips that the standing network holds for
    the most alike. RGB is the last to learn; it alone is evaluated.

    Args:
        backbone: Config of both networks; the last level is used.
        projection: Arguments of :class:`ProjectionMLP`.
        contrast: Config of the loss, ``MultiNCELoss``.
        queue_size: K, the number of old keys of each.
        momentum: m of the key encoders.
        topk: Clips that the other network names.
        first_stage: Share of the epochs.
        cycles: Times that RGB learns afterwards.
        data_preprocessor: As in mmengine.
        init_cfg: As in mmengine.
    """

    embedding = 'queries of instance discrimination, RGB'

    def __init__(
        self,
        backbone: dict,
        projection: dict,
        contrast: dict,
        queue_size: int = 16384,
        momentum: float = 0.999,
        topk: int = 5,
        first_stage: float = 0.5,
        cycles: int = 2,
        data_preprocessor: dict | None = None,
        init_cfg: dict | list | None = None,
    ) -> None:
        super().__init__(backbone, data_preprocessor, init_cfg)
        if topk < 1 or cycles < 1 or not 0 <= first_stage <= 1:
            raise ValueError(
                f'topk={topk}, cycles={cycles}, first_stage={first_stage}: must be at least 1, at '
                'least 1, and a share from 0 to 1'
            )
        channels = self.level_channels()[-1]
        self.projection = ProjectionMLP(channels, **projection)
        own = {key: value for key, value in backbone.items() if key != 'time_padding'}
        self.second_backbone = MODELS.build(own)
        pad_in_time(self.second_backbone, self.time_padding)
        self.second_projection = ProjectionMLP(channels, **projection)
        self.key_encoders = nn.ModuleDict(
            {name: MomentumEncoder(self.parts(name), momentum) for name in STREAMS}
        )
        size = self.projection.out_channels
        self.queues = nn.ModuleDict({name: FeatureQueue(queue_size, size) for name in STREAMS})
        self.sources = FeatureQueue(queue_size, 2)  # of each key its video's source, in two halves
        self.contrast = MODELS.build(contrast)
        self.topk, self.first_stage, self.cycles = topk, first_stage, cycles

    def parts(self, name: str) -> list[nn.Module]:
        """Backbone and projection of a network."""
        if name == RGB:
            return [self.backbone, self.projection]
        return [self.second_backbone, self.second_projection]

    def learning(self) -> tuple[str, ...]:
        """Which networks learn in this epoch: both in the first stage."""
        done = self.current_epoch / self.max_epochs - self.first_stage
        if done < -1e-9:
            return STREAMS
        turns = 2 * self.cycles - 1
        turn = int(done / max(1 - self.first_stage, 1e-9) * turns + 1e-6)
        return (STREAMS[min(turn, turns - 1) % 2],)

    def set_epoch(self, epoch: int, max_epochs: int) -> None:
        """Hear of the epoch; a network that stands still gets no gradients."""
        super().set_epoch(epoch, max_epochs)
        for name in STREAMS:
            for part in self.parts(name):
                part.requires_grad_(name in self.learning())

    def loss(self, inputs: Tensor, data_samples: list | None = None) -> dict[str, Tensor]:
        """Terms and monitors of a batch (N, 2, 3, T, H, W), labels (1, 1) a sample."""
        first, second = two_views(inputs).chunk(2)
        asking = {RGB: first, DIFFERENCE: differences(first)}
        answering = {RGB: second, DIFFERENCE: differences(second)}
        learning = self.learning()
        for name in learning:
            self.key_encoders[name].update(self.parts(name), self.progress)
        keys = {name: self.key_encoders[name](answering[name]) for name in STREAMS}  # (N, D)
        old = {name: self.queues[name].get() for name in STREAMS}  # (K, D)
        sources = self._sources(data_samples, keys[RGB])  # (N, 2)
        same = (sources[:, None] == self.sources.get().to(sources)).all(2)  # (N, K)
        logs = {}
        for name in learning:
            positives, term = torch.zeros_like(same), name
            if len(learning) == 1:
                positives, term = self._mined(name, keys, old, same), f'{name}_mined'
            queries = self.embedded(name, asking[name])
            logs[f'loss_{term}'], logs[f'acc_{term}'] = self.contrast.loss_and_accuracy(
                queries, keys[name], old[name], positives
            )
        for name, queue, new in zip(
            (*STREAMS, ''),
            (*(self.queues[name] for name in STREAMS), self.sources),
            gather_all([*(keys[name] for name in STREAMS), sources]),
            strict=True,
        ):
            queue.enqueue(new)
            if name:
                logs['stat_std' if name == RGB else f'stat_std_{name}'] = embedding_std(keys[name])
        return logs

    def embedded(self, name: str, clips: Tensor) -> Tensor:
        """Embeddings (M, D) of a network's clips (M, 3, T, H, W)."""
        backbone, projection = self.parts(name)
        levels = backbone(clips)
        return projection(levels[-1] if isinstance(levels, tuple) else levels)

    def monitor_bounds(self, batch_size: int) -> dict[str, Bound | TermBound]:
        """Of both networks' spread, of the contrast with a queue, and of that with mined positives."""
        size, weight = self.queues[RGB].size, self.contrast.loss_weight
        mined = math.log((1 + size) / (1 + min(self.topk, size)))
        bounds = super().monitor_bounds(batch_size) | {f'stat_std_{DIFFERENCE}': COLLAPSE}
        for name in STREAMS:
            bounds[f'loss_{name}'] = TermBound(1 + size, weight)
            bounds[f'loss_{name}_mined'] = TermBound(1, weight, value=mined, guess=EVEN)
        return bounds

    def embed(self, clips: Tensor) -> Embeddings:
        """Queries of clips (M, 3, T, H, W)."""
        return Embeddings(self.embedded(RGB, clips).float())

    def _sources(self, data_samples: list | None, like: Tensor) -> Tensor:
        labels = torch.stack([sample.gt_label for sample in data_samples or []])
        if labels.shape[1:] != (1, 1):
            raise ValueError('CoCLR got class labels: it needs LabelSource as its pretext_step')
        number = labels[:, 0]
        return torch.cat([number // HALF, number % HALF], 1).to(like.device, torch.float32)

    def _mined(
        self, name: str, keys: dict[str, Tensor], old: dict[str, Tensor], same: Tensor
    ) -> Tensor:
        """Positives (N, K) of the old keys; before the queue is full those of the same source alone."""
        if not self.queues[name].full:
            return same
        other = STREAMS[1 - STREAMS.index(name)]
        unit = nn.functional.normalize
        with torch.autocast(same.device.type, enabled=False):
            found = keys[other].to(old[other])
            return mine(unit(found, dim=1) @ unit(old[other], dim=1).T, same, self.topk)
