"""Names of a training's checkpoints, for those who look for one without loading torch."""

from __future__ import annotations

import re
from pathlib import Path

NAME = re.compile(r'epoch_(\d+)(?:_step_(\d+))?')


def file_name(epochs: int, steps: int = 0) -> str:
    """Of a checkpoint after so many whole epochs, and steps of the next where it stopped in one."""
    return f'epoch_{epochs}_step_{steps}.pth' if steps else f'epoch_{epochs}.pth'


def resumable(work_dir: str | Path) -> dict[tuple[int, int], Path]:
    """What ``--resume`` looks at, by whole epochs and steps of the next; not ``epoch_best.pth``."""
    files = ((NAME.fullmatch(path.stem), path) for path in Path(work_dir).glob('epoch_*.pth'))
    return {(int(found[1]), int(found[2] or 0)): path for found, path in files if found}


def by_epoch(work_dir: str | Path) -> dict[int, Path]:
    """The checkpoints of whole epochs."""
    return {epochs: path for (epochs, steps), path in resumable(work_dir).items() if not steps}


def by_step(work_dir: str | Path) -> dict[tuple[int, int], Path]:
    """The checkpoints of stops between two steps of an epoch."""
    return {place: path for place, path in resumable(work_dir).items() if place[1]}
