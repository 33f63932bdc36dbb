"""One level of MLFO: its projections and terms."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from mmaction.registry import MODELS
from mmengine.model import BaseModule
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from ..losses import embedding_std, mean_edges
from ..losses.bounds import level_bounds
from ..necks import TemporalProjection
from ..utils import COLLAPSE, Bound, TermBound
from .mlfo_views import augment_time, pair_steps

# those of section 4.2's first stage, beside the prototypes (Eq. 5)
FIRST_STAGE = ('instance',)


class MLFOLevel(BaseModule):
    """Projections of one feature level and the terms that read them.

    A term's ``begin_epoch`` is when it begins; where it has none, instance discrimination begins
    at once and the others with the second stage.

    Args:
        in_channels: Channels of the level.
        embedding_dim: Size D of every embedding.
        excitation: Config of the motion excitation that all of the level's terms read; none where None.
        instance: Config of instance discrimination (Eq. 2-3).
        motion: Config of the discrimination from augmented features (Eq. 11-12).
        retrieval: Config of timestamp retrieval (Eq. 13).
        graph: Config of the graph constraint (Eq. 10).
        augment_long: Whether the long clip's features are augmented as the short ones' are. No term
            reads the result: the excitation's batch norm sees it.
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
        augment_long: bool = False,
    ) -> None:
        super().__init__()
        configs = dict(instance=instance, motion=motion, retrieval=retrieval, graph=graph)
        configs = {name: dict(config) for name, config in configs.items() if config}
        self.begin_epochs = {name: c.pop('begin_epoch', None) for name, c in configs.items()}
        self.terms = nn.ModuleDict({name: MODELS.build(c) for name, c in configs.items()})
        self.augment_long = augment_long
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

    def begun(self, epoch: int, second_stage: int) -> set[str]:
        """The terms that are in use in an epoch, where the second stage begins with another."""
        found = set()
        for name, begin in self.begin_epochs.items():
            if begin is None:
                begin = 0 if name in FIRST_STAGE else second_stage
            if epoch >= begin:
                found.add(name)
        return found

    def contrast(self, features: Tensor) -> Tensor:
        """What instance discrimination compares, (M, D), of features (M, C, T', H', W')."""
        steps = self.projections['contrast'](self.excitation(features))  # (M, D, T')
        return steps.float().mean(2)

    def monitor_bounds(self, name: str, *sizes: Any) -> dict[str, Bound | TermBound]:
        """Of what the model logs of the level under its name; sizes are those of `level_bounds`."""
        terms = level_bounds(self.terms, *sizes)
        bounds: dict[str, Bound | TermBound] = {f'loss_{k}_{name}': b for k, b in terms.items()}
        kinds = [kind for kind in ('contrast', 'graph') if kind in self.projections]
        bounds |= {f'stat_std_{kind}_{name}': COLLAPSE for kind in kinds}
        if 'graph' in self.terms and self.terms['graph'].kind != 'one_hot':
            # self-edges are always kept: 1 is a graph without any other
            bounds[f'stat_edges_{name}'] = Bound(1.0 + 1e-6, 'graph without edges')
        return bounds

    def embed(
        self,
        terms: set[str],
        short: Tensor,
        long: Tensor | None,
        augmentations: tuple[str, ...],
        augmented: Tensor | None = None,
    ) -> dict[str, Tensor]:
        """Embeddings that terms of the level need.

        Args:
            terms: Which of the level's terms are in use.
            short: Features of both short clips, (2N, C, T', H', W'), view by view.
            long: Features of the long clip, (N, C, T_long, H', W'), where a term retrieves in it.
            augmentations: Which augmented features to make, of 'reverse' and 'shuffle'.
            augmented: Features of augmented clips in place of augmented features, (A*2N, C, T', H', W').

        Returns:
            'contrast' and 'graph' (2N, D); 'augmented' (A, 2N, D); 'short_steps' (2N, D, T');
            'long_steps' (N, D, T_long): those that a term reads.
        """
        if not terms:
            return {}
        parts, longs = [short], [long] if 'retrieval' in terms and long is not None else []
        if 'motion' in terms and augmented is not None:
            parts += augmented.split(short.shape[0])
        elif 'motion' in terms:
            parts += [augment_time(short, kind) for kind in augmentations]
            if self.augment_long and longs:
                longs += [augment_time(longs[0], kind) for kind in augmentations]
        if longs and longs[0].shape[2] == short.shape[2]:
            excited = self._excite(parts + longs)  # one pass: its batch norm sees all clips
        else:
            excited = self._excite(parts) + (self._excite(longs) if longs else [])
        embeddings: dict[str, Tensor] = {}
        if terms & {'instance', 'motion'}:
            together = torch.cat(excited[: len(parts)])
            steps = self.projections['contrast'](together)  # ((1+A)*2N, D, T')
            original, *others = steps.mean(2).split(short.shape[0])
            embeddings['contrast'] = original
            if others:
                embeddings['augmented'] = torch.stack(others)
        if 'graph' in terms:
            embeddings['graph'] = self.projections['graph'](excited[0]).mean(2)
        if 'retrieval' in terms:
            embeddings['short_steps'] = self.projections['step'](excited[0])
            embeddings['long_steps'] = self.projections['step'](excited[len(parts)])
        return embeddings

    def compare(
        self,
        terms: set[str],
        views: dict[str, list[Tensor]],
        steps: dict[str, Tensor],
        high: tuple[Any, ...],
    ) -> dict[str, Tensor]:
        """Losses and monitors of terms of the level, by names without the level.

        Args:
            terms: Which of the level's terms are in use.
            views: Both views of what :meth:`embed` gave but steps, of all processes.
            steps: What :meth:`embed` gave.
            high: What graphs are read off: both views of the high level's 'contrast' and of the
                prototypes' targets.
        """
        logs: dict[str, Tensor] = {}
        if 'instance' in terms:
            logs['loss_instance'], logs['acc_instance'] = made_again(
                self.terms['instance'].loss_and_accuracy, *views['contrast']
            )
        if 'motion' in terms:
            logs['loss_motion'], logs['acc_motion'] = self.terms['motion'].loss_and_accuracy(
                *views['contrast'], *views['augmented']
            )
        if 'retrieval' in terms:
            queries, positions = pair_steps(steps['short_steps'], steps['long_steps'])
            logs['loss_retrieval'], logs['acc_retrieval'] = self.terms[
                'retrieval'
            ].loss_and_accuracy(queries, steps['long_steps'], positions)
        if 'graph' in terms:
            graph = self.terms['graph'].build_graph(*high)
            logs['loss_graph'] = made_again(self.terms['graph'], *views['graph'], graph)
            logs['stat_edges'] = mean_edges(graph)
        for key in ('contrast', 'graph'):
            if key in views:
                logs[f'stat_std_{key}'] = embedding_std(views[key][0])
        return logs

    def _excite(self, parts: list[Tensor]) -> list[Tensor]:
        sizes = [part.shape[0] for part in parts]
        return list(self.excitation(torch.cat(parts)).split(sizes))


def made_again(term: Callable, *embeddings: Tensor) -> Any:
    """A term whose N x N matrices are made anew for the backward pass, which keeps none of them."""
    return checkpoint(term, *embeddings, use_reentrant=False, preserve_rng_state=False)
