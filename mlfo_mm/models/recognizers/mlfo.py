"""MLFO: multi-level feature optimization (Qian et al., ICCV 2021, arXiv 2108.02183)."""

from __future__ import annotations

import torch
from mmaction.registry import MODELS
from torch import Tensor, nn

from mlfo_mm.study.identity import ZEROS

from ..necks import Prototypes
from ..utils import COLLAPSE, Bound, TermBound
from .base import Embeddings, SelfSupervisedRecognizer
from .mlfo_level import MLFOLevel
from .mlfo_views import augment_time, gather_views

LEVELS = ('low', 'mid', 'high')
PARTS = ('excitation', 'instance', 'motion', 'retrieval', 'graph')
SETTINGS = ('augment_long',)  # of a level


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
        first_stage: Share E of the epochs before the second stage, with which all terms begin but
            instance discrimination and prototypes (Section 4.2); a term's ``begin_epoch`` overrides it.
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
        self.norm_needs_long = self.semantic is not None and self.semantic.long_in_batch_norm
        self.needs_long = 'retrieval' in terms or self.norm_needs_long
        self.augments_clips = augment == 'clips'
        graphs = [level.terms['graph'] for level in self.levels.values() if 'graph' in level.terms]
        if graphs and ('high' not in self.levels or 'instance' not in self.levels['high'].terms):
            raise ValueError(
                'graph terms read the instance embeddings: give levels.high an instance term'
            )
        at_once = any(level.begun(0, second_stage=1) for level in self.levels.values())
        if first_stage and self.semantic is None and not at_once:
            raise ValueError(
                'no term is in use in the first stage: give levels.high an instance term, '
                'or first_stage=0'
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
        second_stage = round(self.first_stage * self.max_epochs)
        terms = {name: level.begun(epoch, second_stage) for name, level in self.levels.items()}
        short, augmented, long = self._features(inputs, set().union(*terms.values()))
        embeddings = {
            name: level.embed(
                terms[name], short[name], long[name], self.augmentations, augmented[name]
            )
            for name, level in self.levels.items()
        }
        local = {(name, key): z for name, found in embeddings.items() for key, z in found.items()}
        if self.semantic is not None:
            local['high', 'semantic'] = self.semantic.project(short['high'], long['high'])
        views = gather_views({key: z for key, z in local.items() if not key[1].endswith('_steps')})
        logs: dict[str, Tensor] = {}
        targets: tuple[Tensor | None, Tensor | None] = (None, None)
        if self.semantic is not None:
            logs, targets = self.semantic.compare(*views['high', 'semantic'], epoch)
        high = (*views.get(('high', 'contrast'), (None, None)), *targets)
        for name, level in self.levels.items():
            own = {key: pair for (of, key), pair in views.items() if of == name}
            found = level.compare(terms[name], own, embeddings[name], high)
            logs |= {f'{key}_{name}': value for key, value in found.items()}
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

    def monitor_bounds(self, batch_size: int) -> dict[str, Bound | TermBound]:
        """Of each level, and of the prototypes."""
        shapes = self.level_shapes(
            2 if self.shown and self.shown[0] == 4 else 1
        )  # of the long clip
        steps = {name: shape[1] for name, shape in zip(LEVELS, shapes, strict=False)}
        ends = self.time_padding == ZEROS and not self.augments_clips
        bounds: dict[str, Bound | TermBound] = {'stat_std_semantic': COLLAPSE}
        for name, level in self.levels.items():
            sizes = batch_size, len(self.augmentations), steps.get(name)
            bounds |= level.monitor_bounds(name, *sizes, ends)
        return bounds | (self.semantic.monitor_bounds(batch_size) if self.semantic else {})

    def _features(self, inputs: Tensor, terms: set[str]) -> tuple[dict[str, Tensor | None], ...]:
        """Levels of the short clips, of their augmented versions and of the long clip.

        Args:
            inputs: (N, V, 3, T, H, W).
            terms: Those in use: clips that none of them needs do not go through the backbone.

        Returns:
            Features (2N, ...) view by view, (A*2N, ...) and (N, ...), each level by level.
        """
        v = inputs.shape[1]
        if v not in ((3, 4) if self.needs_long else (2, 3, 4)):
            raise ValueError(
                f'MLFO got {v} views: the sampler gives 2 clips and a long one (3 or 4 views)'
            )
        with_long = 'retrieval' in terms or self.norm_needs_long
        clips = inputs.transpose(0, 1)  # (V, N, 3, T, H, W)
        short = clips[:2].flatten(0, 1)
        parts = {'short': short}
        if self.augments_clips and 'motion' in terms:
            augmented = [augment_time(short, kind) for kind in self.augmentations]
            parts['augmented'] = torch.cat(augmented)  # (A*2N, 3, T, H, W)
        if with_long and v == 3:
            parts['long'] = clips[2]
        # one pass: the backbone's batch norm sees all clips
        levels = self.extract_feat(torch.cat(list(parts.values())))
        sizes = [len(part) for part in parts.values()]
        found = {
            name: dict(zip(parts, level.split(sizes), strict=True))
            for name, level in zip(LEVELS, levels, strict=True)
        }
        if with_long and v == 4:
            long_clip = torch.cat([clips[2], clips[3]], 2)  # (N, 3, 2T, H, W)
            for name, level in zip(LEVELS, self.extract_feat(long_clip), strict=True):
                found[name]['long'] = level
        return tuple(
            {name: parts.get(part) for name, parts in found.items()}
            for part in ('short', 'augmented', 'long')
        )


def check_levels(levels: dict[str, dict | None]) -> None:
    """Raise ValueError for a level or a term that there is not, and for a term without a loss."""
    for name, config in levels.items():
        if name not in LEVELS:
            raise ValueError(f'levels are low, mid and high, not {name}')
        for key, part in (config or {}).items():
            if key not in PARTS + SETTINGS:
                known = ', '.join(PARTS + SETTINGS)
                raise ValueError(f'levels.{name} has no part {key!r}; known: {known}')
            if part and key in PARTS and 'type' not in part:
                raise ValueError(
                    f'levels.{name}.{key} has no type: it changes a part that is not there'
                )
