"""What monitors of a training run say is wrong, though its loss is a number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from torch import nn

from mlfo_mm.models.utils import Bound

Curves = Mapping[str, Sequence[float | None]]

PATIENCE = 3  # epochs of collapse in all embeddings after which a run is stopped


def bounds_of(model: nn.Module, batch_size: int) -> dict[str, Bound]:
    """What a model says of its monitors; MMAction2's own recognizers say nothing.

    Args:
        model: Of the run.
        batch_size: Samples a step in all processes.
    """
    return model.monitor_bounds(batch_size) if hasattr(model, 'monitor_bounds') else {}


def findings(curves: Curves, bounds: Mapping[str, Bound]) -> list[str]:
    """A line for each monitor that was under its bound for whole epochs.

    Args:
        curves: Mean of each monitor in each epoch, and ``epoch``.
        bounds: Of the model's monitors.
    """
    lines = []
    for name, values in curves.items():
        if name not in bounds:
            continue
        bound = bounds[name]
        low = [
            int(epoch)
            for epoch, value in zip(curves['epoch'], values, strict=True)
            if epoch is not None and value is not None and value < bound.least
        ]
        if low:
            what = f'{bound.what}: {name} under {bound.least:g}'
            lines.append(f'{what} in epoch{"s" if len(low) > 1 else ""} {_spans(low)}')
    return lines


def spreads(curves: Curves, bounds: Mapping[str, Bound]) -> list[str]:
    """Names of the monitors that tell whether an embedding has collapsed."""
    return [name for name in curves if name in bounds and bounds[name].collapse]


def collapsed(curves: Curves, bounds: Mapping[str, Bound]) -> bool:
    """Whether no embedding of any term told samples apart in the last epochs."""
    names = spreads(curves, bounds)
    return bool(names) and all(
        len(curves[name]) >= PATIENCE
        and all(
            value is not None and value < bounds[name].least for value in curves[name][-PATIENCE:]
        )
        for name in names
    )


def _spans(epochs: list[int]) -> str:
    """``[1, 2, 3, 7]`` as ``1-3, 7``."""
    spans: list[list[int]] = []
    for epoch in epochs:
        if spans and spans[-1][1] == epoch - 1:
            spans[-1][1] = epoch
        else:
            spans.append([epoch, epoch])
    return ', '.join(f'{a}-{b}' if a < b else f'{a}' for a, b in spans)
