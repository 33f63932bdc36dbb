"""One level of MLFO: its projections and terms."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from mmaction.registry import MODELS
from mmengine.model import BaseModule
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from ..necks import TemporalProjection
from ..utils import COLLAPSE, Bound, gather_all

LEVELS = ('low', 'mid', 'high')
TERMS = ('instance', 'motion', 'retrieval', 'graph')


class MLFOLevel(BaseModule):
    """Projections of one feature level and the terms that read them.

    Args:
        in_channels: Channels of the level.
        embedding_dim: Size D of every embedding.
        excitation: Config of the motion excitation that all of the level's terms read; none where None.
        instance: Config of instance discrimination (Eq. 2-3).
        motion: Config of the discrimination from augmented features (Eq. 11-12).
        retrieval: Config of timestamp retrieval (Eq. 13).
        graph: Config of the graph constraint (Eq. 10); its ``begin_epoch`` overrides the first stage's end.
    """

    def __init__(
        self,
        in_channels: int,
        embedding_dim: int,
        excitation: dict | None = None,
        instance: dict | None = None,
        motion: dict | None = None,
        retrieval: dict | None = None,
        graph: dict | None = None,
    ) -> None:
        super().__init__()
        configs = dict(instance=instance, motion=motion, retrieval=retrieval, graph=graph)
        configs = {name: dict(config) for name, config in configs.items() if config}
        self.begin_epochs = {name: c.pop('begin_epoch', None) for name, c in configs.items()}
        self.terms = nn.ModuleDict({name: MODELS.build(c) for name, c in configs.items()})
        self.excitation = (
            MODELS.build(dict(excitation, in_channels=in_channels)) if excitation else nn.Identity()
        )
        # instance discrimination and the discrimination from augmented features share a projection
        self.projections = nn.ModuleDict()
        for name, users in (
            ('contrast', ('instance', 'motion')),
            ('step', ('retrieval',)),
            ('graph', ('graph',)),
        ):
            if any(user in self.terms for user in users):
                self.projections[name] = TemporalProjection(in_channels, out_channels=embedding_dim)

    def contrast(self, features: Tensor) -> Tensor:
        """What instance discrimination compares, (M, D), of features (M, C, T', H', W')."""
        steps = self.projections['contrast'](self.excitation(features))  # (M, D, T')
        return steps.float().mean(2)

    def monitor_bounds(self, name: str) -> dict[str, Bound]:
        """Of the spreads and the edges that the model logs of the level under its name."""
        kinds = [kind for kind in ('contrast', 'graph') if kind in self.projections]
        bounds = {f'stat_std_{kind}_{name}': COLLAPSE for kind in kinds}
        if 'graph' in self.terms and self.terms['graph'].kind != 'one_hot':
            # self-edges are always kept: 1 is a graph without any other
            bounds[f'stat_edges_{name}'] = Bound(1.0 + 1e-6, 'graph without edges')
        return bounds

    def embed(
        self,
        short: Tensor,
        long: Tensor | None,
        augmentations: tuple[str, ...],
        augmented: Tensor | None = None,
    ) -> dict[str, Tensor]:
        """Embeddings that the level's terms need.

        Args:
            short: Features of both short clips, (2N, C, T', H', W'), view by view.
            long: Features of the long clip, (N, C, T_long, H', W'), where a term retrieves in it.
            augmentations: Which augmented features to make, of 'reverse' and 'shuffle'.
            augmented: Features of augmented clips in place of augmented features, (A*2N, C, T', H', W').

        Returns:
            'contrast' and 'graph' (2N, D); 'augmented' (A, 2N, D); 'short_steps' (2N, D, T');
            'long_steps' (N, D, T_long): those that have a projection.
        """
        if not self.projections:
            return {}
        parts = [short]
        if 'motion' in self.terms and augmented is not None:
            parts += augmented.split(short.shape[0])
        elif 'motion' in self.terms:
            parts += [augment_time(short, kind) for kind in augmentations]
        count = len(parts)
        if 'retrieval' in self.terms and long is not None and long.shape[2] == short.shape[2]:
            parts.append(long)  # one pass: its batch norm sees all clips
        excited = list(self.excitation(torch.cat(parts)).split([part.shape[0] for part in parts]))
        embeddings: dict[str, Tensor] = {}
        if 'contrast' in self.projections:
            steps = self.projections['contrast'](torch.cat(excited[:count]))  # ((1+A)*2N, D, T')
            original, *augmented = steps.mean(2).split(short.shape[0])
            embeddings['contrast'] = original
            if augmented:
                embeddings['augmented'] = torch.stack(augmented)
        if 'graph' in self.projections:
            embeddings['graph'] = self.projections['graph'](excited[0]).mean(2)
        if 'step' in self.projections:
            assert long is not None
            excited_long = excited[count] if len(excited) > count else self.excitation(long)
            embeddings['short_steps'] = self.projections['step'](excited[0])
            embeddings['long_steps'] = self.projections['step'](excited_long)
        return embeddings


def check_levels(levels: dict[str, dict | None]) -> None:
    """Raise ValueError for a level or a term that there is not, and for a term without a loss."""
    known = ('excitation', *TERMS)
    for name, config in levels.items():
        if name not in LEVELS:
            raise ValueError(f'levels are low, mid and high, not {name}')
        for key, part in (config or {}).items():
            if key not in known:
                raise ValueError(f'levels.{name} has no part {key!r}; known: {", ".join(known)}')
            if part and 'type' not in part:
                raise ValueError(
                    f'levels.{name}.{key} has no type: it changes a part that is not there'
                )


def augment_time(features: Tensor, kind: str) -> Tensor:
    """Features or clips (M, C, T', H', W') with their steps reversed or shuffled (never left in order).

    Raises:
        ValueError: Fewer than two steps, or an unknown kind.
    """
    steps = features.shape[2]
    if steps < 2:
        raise ValueError(
            f'temporal augmentation needs at least 2 time steps, the level has {steps}: raise clip_len'
        )
    if kind == 'reverse':
        return features.flip(2)
    if kind != 'shuffle':
        raise ValueError(f"augmentations are 'reverse' and 'shuffle', not {kind!r}")
    order = torch.rand(features.shape[0], steps).argsort(1)
    in_order = (order == torch.arange(steps)).all(1)
    order[in_order] = order[in_order].roll(1, 1)
    index = order.to(features.device)[:, None, :, None, None].expand_as(features)
    return features.gather(2, index)


def pair_steps(short_steps: Tensor, long_steps: Tensor) -> tuple[Tensor, Tensor]:
    """Queries for timestamp retrieval: both short clips pooled to the long clip's rate, one after the other.

    Args:
        short_steps: (2N, D, T'), view by view.
        long_steps: (N, D, T_long).

    Returns:
        Queries (N, D, T_long) and which step of the long clip each is, (T_long,).
    """
    length = long_steps.shape[2]
    if length < 2 or length % 2:
        raise ValueError(
            f'timestamp retrieval needs an even number of long steps, got {length}: change clip_len'
        )
    first, second = F.adaptive_avg_pool1d(short_steps, length // 2).chunk(2)
    return torch.cat([first, second], 2), torch.arange(length)


def gather_views(local: dict[tuple[str, str], Tensor]) -> dict[tuple[str, str], list[Tensor]]:
    """Both views of each embedding (2N, D) or (A, 2N, D), from all processes, in one collective."""
    flat = []
    for z in local.values():
        rows = z.transpose(0, 1).flatten(1) if z.ndim == 3 else z  # (2N, A*D) where augmented
        flat += rows.chunk(2)
    gathered = gather_all(flat)
    views = {}
    for index, (key, z) in enumerate(local.items()):
        pair = gathered[2 * index : 2 * index + 2]
        if z.ndim == 3:
            pair = [p.unflatten(1, (z.shape[0], -1)).transpose(0, 1) for p in pair]  # (A, N, D)
        views[key] = pair
    return views


def made_again(term: Callable, *embeddings: Tensor) -> Any:
    """A term whose N x N matrices are made anew for the backward pass, which keeps none of them."""
    return checkpoint(term, *embeddings, use_reentrant=False, preserve_rng_state=False)
