"""MLFO: multi-level feature optimization (Qian et al., ICCV 2021, arXiv 2108.02183)."""

from __future__ import annotations

import torch
from mmaction.registry import MODELS
from torch import Tensor, nn

from ..losses import embedding_std, mean_edges
from ..necks import Prototypes
from ..utils import COLLAPSE, Bound
from .base import Embeddings, SelfSupervisedRecognizer
from .mlfo_level import (
    LEVELS,
    MLFOLevel,
    augment_time,
    check_levels,
    gather_views,
    made_again,
    pair_steps,
)


@MODELS.register_module()
class MLFO(SelfSupervisedRecognizer):
    """Instance and prototype discrimination on the high level, graphs and time on the lower ones.

    Inputs are (N, V, 3, T, H, W): V = 2 short clips, then the long clip, one view where it is
    strided (V = 3), two halves of one where it is in full (V = 4), none where no term needs it.

    Args:
        backbone: Config of the backbone; its outputs are low, mid and high level.
        levels: For any of 'low', 'mid' and 'high' the arguments of :class:`MLFOLevel`, or None.
        prototypes: Arguments of :class:`Prototypes`; no semantic branch where None.
        augmentations: What the motion terms tell the originals from: 'reverse', 'shuffle'.
        augment: What is reversed and shuffled: each level's 'features' (Eq. 11), or the 'clips',
            which then go through the backbone (conventional temporal modelling, Table 3).
        embedding_dim: Size of all embeddings.
        first_stage: Share E of the epochs before the graph terms begin.
        data_preprocessor: As in mmengine.
        init_cfg: As in mmengine.
    """

    def __init__(
        self,
        backbone: dict,
        levels: dict[str, dict | None],
        prototypes: dict | None = None,
        augmentations: tuple[str, ...] = ('reverse', 'shuffle'),
        augment: str = 'features',
        embedding_dim: int = 128,
        first_stage: float = 0.2,
        data_preprocessor: dict | None = None,
        init_cfg: dict | list | None = None,
    ) -> None:
        super().__init__(backbone, data_preprocessor, init_cfg)
        check_levels(levels)
        channels = dict(zip(LEVELS, self.level_channels(), strict=True))
        self.levels = nn.ModuleDict(
            {
                name: MLFOLevel(channels[name], embedding_dim, **config)
                for name, config in levels.items()
                if config is not None
            }
        )
        self.semantic = (
            Prototypes(channels['high'], embedding_dim, **prototypes) if prototypes else None
        )
        if augment not in ('features', 'clips'):
            raise ValueError(f"augment is 'features' or 'clips', not {augment!r}")
        self.augmentations = tuple(augmentations)
        self.first_stage = first_stage
        terms = {name for level in self.levels.values() for name in level.terms}
        self.needs_long = 'retrieval' in terms
        self.augments_clips = augment == 'clips' and 'motion' in terms
        graphs = [level.terms['graph'] for level in self.levels.values() if 'graph' in level.terms]
        if graphs and ('high' not in self.levels or 'instance' not in self.levels['high'].terms):
            raise ValueError(
                'graph terms read the instance embeddings: give levels.high an instance term'
            )
        if self.semantic is None and any(graph.reads_prototypes for graph in graphs):
            raise ValueError(
                'graphs of kind combined and semantic read the prototypes: give the model some, '
                'or its graphs kind=instance or one_hot'
            )
        self.contrasts = 'high' in self.levels and 'contrast' in self.levels['high'].projections
        if self.contrasts:
            self.embedding = 'embeddings of instance discrimination on the high level'

    def loss(self, inputs: Tensor, data_samples: list | None = None) -> dict[str, Tensor]:
        """Terms and monitors of a batch (N, V, 3, T, H, W); see the class for V."""
        epoch = self.current_epoch
        short, augmented, long = self._features(inputs)
        embeddings = {
            name: level.embed(short[name], long[name], self.augmentations, augmented[name])
            for name, level in self.levels.items()
        }
        local = {(name, key): z for name, found in embeddings.items() for key, z in found.items()}
        if self.semantic is not None:
            local['high', 'semantic'] = self.semantic.projection(short['high'])
        views = gather_views({key: z for key, z in local.items() if not key[1].endswith('_steps')})
        logs: dict[str, Tensor] = {}
        targets: tuple[Tensor | None, Tensor | None] = (None, None)
        if self.semantic is not None:
            targets = self._semantic(*views['high', 'semantic'], epoch, logs)
        for name, level in self.levels.items():
            terms = level.terms
            if 'instance' in terms:
                logs[f'loss_instance_{name}'], logs[f'acc_instance_{name}'] = made_again(
                    terms['instance'].loss_and_accuracy, *views[name, 'contrast']
                )
            if 'motion' in terms:
                logs[f'loss_motion_{name}'], logs[f'acc_motion_{name}'] = terms[
                    'motion'
                ].loss_and_accuracy(*views[name, 'contrast'], *views[name, 'augmented'])
            if 'retrieval' in terms:
                steps = embeddings[name]
                queries, positions = pair_steps(steps['short_steps'], steps['long_steps'])
                logs[f'loss_retrieval_{name}'], logs[f'acc_retrieval_{name}'] = terms[
                    'retrieval'
                ].loss_and_accuracy(queries, steps['long_steps'], positions)
            if 'graph' in terms and epoch >= self._begin(level):
                graph = terms['graph'].build_graph(*views['high', 'contrast'], *targets)
                logs[f'loss_graph_{name}'] = made_again(
                    terms['graph'], *views[name, 'graph'], graph
                )
                logs[f'stat_edges_{name}'] = mean_edges(graph)
            for key in ('contrast', 'graph'):
                if (name, key) in views:
                    logs[f'stat_std_{key}_{name}'] = embedding_std(views[name, key][0])
        return logs

    def embed(self, clips: Tensor) -> Embeddings:
        """The high level's embeddings, averaged over its steps, and the prototypes' scores.

        Without a term that compares samples on the high level, its features stand for the former.
        """
        high = self.extract_feat(clips)[-1]  # (M, C, T', H', W')
        z = self.levels['high'].contrast(high) if self.contrasts else high.float().mean((2, 3, 4))
        if self.semantic is None:
            return Embeddings(z)
        return Embeddings(
            z, self.semantic.scores(self.semantic.projection(high), self.current_epoch)
        )

    def monitor_bounds(self, batch_size: int) -> dict[str, Bound]:
        """Of each level, and of the prototypes."""
        bounds = {'stat_std_semantic': COLLAPSE}
        for name, level in self.levels.items():
            bounds |= level.monitor_bounds(name)
        return bounds | (self.semantic.monitor_bounds(batch_size) if self.semantic else {})

    def _begin(self, level: MLFOLevel) -> int:
        begin = level.begin_epochs['graph']
        return round(self.first_stage * self.max_epochs) if begin is None else begin

    def _features(self, inputs: Tensor) -> tuple[dict[str, Tensor | None], ...]:
        """Levels of the short clips, of their augmented versions and of the long clip, where needed.

        Returns:
            Features (2N, ...) view by view, (A*2N, ...) and (N, ...), each level by level.
        """
        v = inputs.shape[1]
        if v not in ((3, 4) if self.needs_long else (2, 3, 4)):
            raise ValueError(
                f'MLFO got {v} views: the sampler gives 2 clips and a long one (3 or 4 views)'
            )
        clips = inputs.transpose(0, 1)  # (V, N, 3, T, H, W)
        short = clips[:2].flatten(0, 1)
        parts = {'short': short}
        if self.augments_clips:
            augmented = [augment_time(short, kind) for kind in self.augmentations]
            parts['augmented'] = torch.cat(augmented)  # (A*2N, 3, T, H, W)
        if self.needs_long and v == 3:
            parts['long'] = clips[2]
        # one pass: the backbone's batch norm sees all clips
        levels = self.extract_feat(torch.cat(list(parts.values())))
        sizes = [len(part) for part in parts.values()]
        found = {
            name: dict(zip(parts, level.split(sizes), strict=True))
            for name, level in zip(LEVELS, levels, strict=True)
        }
        if self.needs_long and v == 4:
            long_clip = torch.cat([clips[2], clips[3]], 2)  # (N, 3, 2T, H, W)
            for name, level in zip(LEVELS, self.extract_feat(long_clip), strict=True):
                found[name]['long'] = level
        return tuple(
            {name: parts.get(part) for name, parts in found.items()}
            for part in ('short', 'augmented', 'long')
        )

    def _semantic(
        self, z1: Tensor, z2: Tensor, epoch: int, logs: dict[str, Tensor]
    ) -> tuple[Tensor, Tensor]:
        scores = self.semantic.scores(torch.cat([z1, z2]), epoch).chunk(2)
        targets = [self.semantic.targets(s.detach(), view, epoch) for view, s in enumerate(scores)]
        logs['loss_semantic'] = self.semantic.loss(*scores, *targets)
        logs['stat_prototypes_used'] = self.semantic.count_used(torch.cat(scores))
        logs['stat_std_semantic'] = embedding_std(z1)
        return targets[0], targets[1]
