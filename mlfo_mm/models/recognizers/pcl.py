"""Prototypical contrastive learning on two clips (Li et al., ICLR 2021, arXiv 2005.04966)."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from mmaction.registry import MODELS
from mmengine.dist import broadcast
from torch import Tensor

from ..losses._common import as_float, unit
from ..utils import Bound, SampleBank, TermBound, concentrations, gather_all, kmeans, nearest
from .moco import MoCo


@MODELS.register_module()
class PCL(MoCo):
    """MoCo whose queries also find the centroid of their video's cluster.

    Once an epoch, keys of all videos are clustered, once for each number of clusters. The keys are
    the last that training made of each video, those of the epoch before: no pass of its own goes
    through the data. A video that was not seen yet belongs to the centroid that is nearest to its key.

    Args:
        backbone: As of :class:`MoCo`.
        projection: As of :class:`MoCo`.
        contrast: As of :class:`MoCo`.
        prototypes: Config of the loss on centroids, such as ``PrototypeContrastLoss``, the mean over
            the numbers of clusters.
        num_clusters: Numbers of clusters; one of more than the videos seen is left out.
        bank_size: Videos that the list has at most.
        num_negatives: Centroids that a step draws beside those of its videos; all where there are
            not more.
        warmup_epochs: Epochs without centroids.
        temperature: Mean of the concentrations.
        queue_size: As of :class:`MoCo`.
        momentum: As of :class:`MoCo`.
        data_preprocessor: As in mmengine.
        init_cfg: As in mmengine.
    """

    def __init__(
        self,
        backbone: dict,
        projection: dict,
        contrast: dict,
        prototypes: dict,
        num_clusters: Sequence[int],
        bank_size: int,
        num_negatives: int = 16384,
        warmup_epochs: int = 20,
        temperature: float = 0.2,
        queue_size: int = 16384,
        momentum: float = 0.999,
        data_preprocessor: dict | None = None,
        init_cfg: dict | list | None = None,
    ) -> None:
        super().__init__(
            backbone, projection, contrast, queue_size, momentum, data_preprocessor, init_cfg
        )
        if not num_clusters or min(num_clusters) < 2:
            raise ValueError(f'num_clusters={num_clusters}, must be numbers of at least 2')
        self.prototypes = MODELS.build(prototypes)
        self.num_clusters = tuple(num_clusters)
        self.num_negatives = num_negatives
        self.warmup_epochs = warmup_epochs
        self.temperature = temperature
        self.bank = SampleBank(bank_size, self.projection.out_channels)
        # of one number of clusters: (centroids, concentration, cluster of each place or -1)
        self.found: dict[int, tuple[Tensor, Tensor, Tensor]] = {}

    def set_epoch(self, epoch: int, max_epochs: int) -> None:
        """Tell the epoch; the first step of it clusters."""
        super().set_epoch(epoch, max_epochs)
        self.found = {}

    def loss(self, inputs: Tensor, data_samples: list | None = None) -> dict[str, Tensor]:
        """Terms and monitors of a batch (N, 2, 3, T, H, W), labels (1, 1) the places of its videos."""
        places = torch.stack([sample.gt_label for sample in data_samples or []])
        if places.ndim != 3:
            raise ValueError('PCL got class labels: the pipeline needs the step LabelByPlace')
        if self.current_epoch >= self.warmup_epochs and not self.found:
            self.cluster()
        logs, queries, keys = self.contrasted(inputs)
        places = places.flatten().to(keys.device)
        keys = unit(as_float(keys)[0])
        accuracies = []
        for count, (centroids, concentration, known) in self.found.items():
            cluster = nearest(keys, centroids)[1]
            cluster = torch.where(known[places] >= 0, known[places], cluster)
            kept = self.choose(cluster, len(centroids))
            loss, accuracy = self.prototypes.loss_and_accuracy(
                queries, centroids, concentration, cluster, kept
            )
            logs[f'loss_prototypes_{count}'] = loss / len(self.num_clusters)
            accuracies.append(accuracy)
        if accuracies:
            logs['acc_prototypes'] = torch.stack(accuracies).mean()
        places, keys = gather_all([places.to(keys), keys])  # as one matrix: floats of whole numbers
        self.bank.put(places.long(), keys)
        return logs

    @torch.no_grad()
    def choose(self, cluster: Tensor, count: int) -> Tensor | None:
        """Centroids (count,) that queries (N,) of some clusters meet: theirs and drawn ones; None for all."""
        if count - 1 <= self.num_negatives:
            return None
        drawn = torch.randperm(count, device=cluster.device)[: self.num_negatives]
        kept = torch.zeros(count, dtype=torch.bool, device=cluster.device)
        return kept.index_fill_(0, torch.cat([cluster, drawn]), True)

    @torch.no_grad()
    def cluster(self) -> None:
        """Cluster the bank, by process 0 for all."""
        self.bank.check()
        seen = self.bank.seen
        x = self.bank.vectors[seen]
        for number, count in enumerate(self.num_clusters):
            if count >= len(x):
                continue
            centroids, distance, cluster = kmeans(x, count, seed=number)
            known = torch.full(seen.shape, -1, dtype=torch.long, device=seen.device)
            known[seen] = cluster
            parts = centroids, concentrations(distance, cluster, count, self.temperature), known
            for part in parts:
                broadcast(part)
            self.found[count] = parts

    def monitor_bounds(self, batch_size: int) -> dict[str, Bound | TermBound]:
        """As MoCo's, and of each number of clusters: centroids that score alike."""
        weight = self.prototypes.loss_weight / len(self.num_clusters)
        return super().monitor_bounds(batch_size) | {
            f'loss_prototypes_{count}': TermBound(min(count, 1 + self.num_negatives), weight)
            for count in self.num_clusters
        }
