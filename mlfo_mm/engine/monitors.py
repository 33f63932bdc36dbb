"""What monitors of a training run say is wrong, though its loss is a number."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from torch import nn

from mlfo_mm.models.utils import Bound, TermBound

Curves = Mapping[str, Sequence[float | None]]
Bounds = Mapping[str, Bound | TermBound]

PATIENCE = 3  # epochs of collapse in all embeddings after which a run is stopped
# of a loss by chance: that much above 0 a term is solved; that much from a known loss it is there
SOLVED, NEAR = 0.01, 0.02


class State(NamedTuple):
    """Where a term's loss stands: ``kind`` is 'solved', 'shortcut' or 'chance'."""

    name: str
    kind: str
    line: str


def bounds_of(
    model: nn.Module, batch_size: int, shown: Sequence[int] | None = None
) -> dict[str, Bound | TermBound]:
    """What a model says of its monitors and terms; MMAction2's own recognizers say nothing.

    Args:
        model: Of the run.
        batch_size: Samples a step in all processes.
        shown: (V, 3, T, H, W) of a sample; of a model that was itself shown some, None.
    """
    if not hasattr(model, 'monitor_bounds'):
        return {}
    if shown is not None:
        model.shown = tuple(shown)
    return model.monitor_bounds(batch_size)


def findings(curves: Curves, bounds: Bounds) -> list[str]:
    """A line for each monitor that was under its bound for whole epochs, and each term's state.

    Args:
        curves: Mean of each monitor in each epoch, and ``epoch``.
        bounds: Of the model's monitors.
    """
    return low(curves, bounds) + [state.line for state in states(curves, bounds)]


def low(curves: Curves, bounds: Bounds) -> list[str]:
    """A line for each monitor that was under its bound for whole epochs."""
    lines = []
    for name in curves:
        bound = bounds.get(name)
        if not isinstance(bound, Bound):
            continue
        under = [epoch for epoch, value in _logged(curves, name) if value < bound.least]
        if under:
            lines.append(f'{bound.what}: {name} under {bound.least:g} {in_epochs(under)}')
    return lines


def states(curves: Curves, bounds: Bounds) -> list[State]:
    """Terms that are solved, that stand where a shortcut brings them, or that learned nothing.

    Every loss begins at chance: that counts only where it is still, or again, the end.
    """
    found = []
    for name in curves:
        bound, logged = bounds.get(name), list(_logged(curves, name))
        if not isinstance(bound, TermBound) or not bound.chance or not logged:
            continue
        kinds = [(epoch, value, _kind(value, bound)) for epoch, value in logged]
        for kind in ('solved', 'shortcut', 'chance'):
            there = [(epoch, value) for epoch, value, each in kinds if each == kind]
            ends = kinds[-1][2] == kind
            if there and (kind != 'chance' or ends):
                first = next((e for e, _, each in reversed(kinds) if each != kind), 0)
                since = next((epoch for epoch, _, _ in kinds if epoch > first), 0)
                when = f'since epoch {since}' if ends else in_epochs([e for e, _ in there])
                line = f'{_term(name)}: {_what(kind, bound, there[-1][1])} {when}'
                found.append(State(name, kind, line))
    return found


def reference(name: str, value: float, bound: TermBound) -> str:
    """A term's loss beside what it is by chance and by its shortcut."""
    line = f'{_term(name)}: loss {value:.3f}, by chance {bound.chance:.3f}'
    line += f' ({_by_chance(bound)})'
    return line + (f', by {bound.shortcut} alone {bound.by_shortcut:.3f}' if bound.shortcut else '')


def references(bounds: Bounds) -> dict[str, dict[str, Any]]:
    """The losses of :func:`reference` for a record, by the names of the terms."""
    found: dict[str, dict[str, Any]] = {}
    for name, bound in bounds.items():
        if isinstance(bound, TermBound):
            found[name] = dict(chance=round(bound.chance, 6))
            if bound.value is None:
                found[name] |= dict(candidates=bound.candidates)
            if bound.shortcut:
                found[name] |= dict(shortcut=bound.shortcut, reaches=round(bound.by_shortcut, 6))
    return found


def spreads(curves: Curves, bounds: Bounds) -> list[str]:
    """Names of the monitors that tell whether an embedding has collapsed."""
    return [name for name in curves if getattr(bounds.get(name), 'collapse', False)]


def collapsed(curves: Curves, bounds: Bounds) -> bool:
    """Whether no embedding of any term told samples apart in the last epochs."""
    spread = {name: bounds[name] for name in spreads(curves, bounds)}
    return bool(spread) and all(
        isinstance(bound, Bound)
        and len(curves[name]) >= PATIENCE
        and all(value is not None and value < bound.least for value in curves[name][-PATIENCE:])
        for name, bound in spread.items()
    )


def _logged(curves: Curves, name: str) -> Iterator[tuple[int, float]]:
    """Epochs in which something was logged under a name, and its means."""
    for epoch, value in zip(curves['epoch'], curves[name], strict=True):
        if epoch is not None and value is not None:
            yield int(epoch), value


def _kind(value: float, bound: TermBound) -> str:
    if value <= SOLVED * bound.chance:
        return 'solved'
    if value >= (1 - NEAR) * bound.chance:
        return 'chance'
    near = abs(value - bound.by_shortcut) <= NEAR * bound.chance
    return 'shortcut' if near and bound.left > 1 else ''


def _what(kind: str, bound: TermBound, value: float) -> str:
    if kind == 'solved':
        enough = f' ({bound.shortcut} suffice)' if bound.shortcut and bound.left == 1 else ''
        return f'solved{enough}, loss {value:.3f}'
    if kind == 'chance':
        place = 'at' if value <= (1 + NEAR) * bound.chance else 'above'
        return f'not learned, loss {value:.3f} {place} {_by_chance(bound)}'
    place = _logarithm(bound, bound.left)
    return f'no better than by {bound.shortcut} alone, loss {value:.3f} at {place}'


def _by_chance(bound: TermBound) -> str:
    return _logarithm(bound, bound.candidates) if bound.value is None else bound.guess


def _logarithm(bound: TermBound, count: float) -> str:
    return f'ln {count:g}' if bound.weight == 1 else f'{bound.weight:g} ln {count:g}'


def _term(name: str) -> str:
    return name.removeprefix('loss_')


def in_epochs(epochs: list[int]) -> str:
    """``[2]`` as ``in epoch 2``, which no count of epochs can be taken for."""
    return f'in epoch{"s" if len(epochs) > 1 else ""} {spans(epochs)}'


def spans(epochs: list[int]) -> str:
    """``[1, 2, 3, 7]`` as ``1-3, 7``."""
    spans: list[list[int]] = []
    for epoch in epochs:
        if spans and spans[-1][1] == epoch - 1:
            spans[-1][1] = epoch
        else:
            spans.append([epoch, epoch])
    return ', '.join(f'{a}-{b}' if a < b else f'{a}' for a, b in spans)
