"""What monitors of a training run say is wrong, though its loss is a number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Curves = Mapping[str, Sequence[float | None]]

MIN_STD = 0.01  # of embeddings on the sphere, 1 where they are spread; a fresh network has 0.03
MIN_PROTOTYPES = 0.02  # share of the prototypes that a batch could use
MIN_CERTAINTY = 0.01  # of predictions over prototypes; a fresh network has 0.05 to 0.1
PATIENCE = 3  # epochs of collapse in all embeddings after which a run is stopped


def findings(curves: Curves, model: Mapping[str, Any], batch: int) -> list[str]:
    """A line for each monitor that was under its bound for whole epochs.

    Args:
        curves: Mean of each monitor in each epoch, and ``epoch``.
        model: Config of the model.
        batch: Samples a step in all processes.
    """
    lines = []
    for name, values in curves.items():
        found = _bound(name, model, batch)
        if found is None:
            continue
        bound, what = found
        low = [
            int(epoch)
            for epoch, value in zip(curves['epoch'], values, strict=True)
            if epoch is not None and value is not None and value < bound
        ]
        if low:
            lines.append(f'{what}: {name} under {bound:g} in {_spans(low)} of {len(values)} epochs')
    return lines


def collapsed(curves: Curves) -> bool:
    """Whether no embedding of any term told samples apart in the last epochs."""
    spreads = [values for name, values in curves.items() if name.startswith('stat_std')]
    return bool(spreads) and all(
        len(values) >= PATIENCE
        and all(value is not None and value < MIN_STD for value in values[-PATIENCE:])
        for values in spreads
    )


def _bound(name: str, model: Mapping[str, Any], batch: int) -> tuple[float, str] | None:
    if name.startswith('stat_std'):
        return MIN_STD, 'embeddings collapsed'
    if name == 'stat_certainty':
        return MIN_CERTAINTY, 'clips are not told apart by their prototypes'
    if name == 'stat_prototypes_used':
        count = (model.get('prototypes') or {}).get('num_prototypes', 0)
        return max(2.0, MIN_PROTOTYPES * min(count, 2 * batch)), 'prototypes died out'
    if name.startswith('stat_edges_'):
        level = (model.get('levels') or {}).get(name.removeprefix('stat_edges_')) or {}
        if (level.get('graph') or {}).get('kind') != 'one_hot':
            # self-edges are always kept: 1 is a graph without any other
            return 1.0 + 1e-6, 'graph without edges'
    return None


def _spans(epochs: list[int]) -> str:
    """``[1, 2, 3, 7]`` as ``1-3, 7``."""
    spans: list[list[int]] = []
    for epoch in epochs:
        if spans and spans[-1][1] == epoch - 1:
            spans[-1][1] = epoch
        else:
            spans.append([epoch, epoch])
    return ', '.join(f'{a}-{b}' if a < b else f'{a}' for a, b in spans)
