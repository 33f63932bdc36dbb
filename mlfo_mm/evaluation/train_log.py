"""What a training run logged, over all of its stops."""

from __future__ import annotations

import json
import math
import re
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

TERM = re.compile(r'(loss|acc|stat)(_.+)?|lr')
MOMENT = re.compile(r'^(\d{4}/\d\d/\d\d \d\d:\d\d:\d\d) - ', re.MULTILINE)


@dataclass(frozen=True)
class TrainLog:
    """A run's log; what a later stop did again counts once, its time twice.

    Attributes:
        lines: What was logged, one dict a logged step, in order of the steps.
        start: Of the first stop.
        end: Of the last one.
        wall_time_s: Of all stops together.
        stops: How often the run was started.
    """

    lines: list[dict[str, Any]]
    start: datetime
    end: datetime
    wall_time_s: float
    stops: int

    def curves(self) -> dict[str, list[float | None]]:
        """Mean of each term over what was logged in each epoch; None where it was not."""
        by_epoch: dict[int, list[dict[str, Any]]] = {}
        for line in self.lines:
            by_epoch.setdefault(line['epoch'], []).append(line)
        epochs = sorted(by_epoch)
        names = dict.fromkeys(name for line in self.lines for name in line if TERM.fullmatch(name))
        curves: dict[str, list[float | None]] = {name: [] for name in names}
        for epoch in epochs:
            for name in names:
                found = (line.get(name) for line in by_epoch[epoch])
                values = [value for value in found if _is_number(value)]
                curves[name].append(_rounded(statistics.fmean(values)) if values else None)
        return {'epoch': epochs, **curves} if epochs else {}

    def median(self, name: str) -> float | None:
        """Median of what was logged under a name."""
        values = [line[name] for line in self.lines if _is_number(line.get(name))]
        return statistics.median(values) if values else None

    def largest(self, name: str) -> float | None:
        """Largest of what was logged under a name."""
        values = (line[name] for line in self.lines if _is_number(line.get(name)))
        return max(values, default=None)


def stop_folders(work_dir: str | Path) -> list[Path]:
    """The folders that mmengine makes, one each time that the run is started, by their names."""
    found = (path.parent for path in Path(work_dir).glob('*_*/vis_data'))
    return sorted(folder for folder in found if _begin(folder) is not None)


def read_train_log(work_dir: str | Path, stops: Sequence[str] = ()) -> TrainLog:
    """Read the log of a run's work directory; without any stop it is empty.

    Args:
        work_dir: Of the run.
        stops: Names of the folders of the stops that led to its weights, in order, where the
            checkpoint tells. Others lasted, and their steps were done again. Without, stops are
            put in order by the epochs that they begin with: a clock may have been set back.
    """
    lines: list[dict[str, Any]] = []
    starts: list[datetime] = []
    ends: list[datetime] = []
    seconds = 0.0
    logged = {folder: list(_lines(_scalars(folder))) for folder in stop_folders(work_dir)}
    for folder in sorted(logged, key=lambda each: _order(each, logged[each], stops)):
        for line in logged[folder] if not stops or folder.name in stops else ():
            # a resumed run begins at a checkpoint: what was logged after it is done again
            while lines and lines[-1]['step'] >= line['step']:
                lines.pop()
            lines.append(line)
        log = folder / f'{folder.name}.log'
        text = log.read_text(errors='replace') if log.is_file() else ''
        start = _begin(folder) or datetime.now().astimezone()
        moments = _moments(text, _scalars(folder), start)
        ends.append(max(start, moments[-1]))
        spent = (moments[0] - start).total_seconds()
        # a clock that is set back adds nothing
        spent += sum(max((b - a).total_seconds(), 0.0) for a, b in pairwise(moments))
        seconds += max(spent, 0.0)
        starts.append(start)
    now = datetime.now().astimezone()
    return TrainLog(
        lines,
        min(starts, default=now),
        max(ends, default=now),
        seconds,
        len(starts),
    )


def _scalars(folder: Path) -> Path:
    return folder / 'vis_data' / 'scalars.json'


def _order(folder: Path, lines: Sequence[dict[str, Any]], stops: Sequence[str]) -> tuple[Any, ...]:
    place = stops.index(folder.name) if folder.name in stops else -1
    return place, lines[0]['epoch'] if lines else 0, folder.name


def _begin(folder: Path) -> datetime | None:
    """When the stop of a folder began; None where its name is none that mmengine gives."""
    try:
        if not re.fullmatch(r'\d{8}_\d{6}', folder.name):
            return None
        return datetime.strptime(folder.name, '%Y%m%d_%H%M%S').astimezone()
    except ValueError:
        return None


def _rounded(value: float) -> float:
    return float(f'{value:.6g}')


def _lines(file: Path) -> Iterator[dict[str, Any]]:
    for text in file.read_bytes().splitlines() if file.is_file() else ():
        try:
            line = json.loads(text)
        except (ValueError, RecursionError):  # the last one of a run that was killed
            continue
        if isinstance(line, dict) and all(_is_count(line.get(key)) for key in ('epoch', 'step')):
            yield line


def _is_count(value: object) -> bool:
    """Whether a logged value is a number of epochs or steps."""
    return type(value) is int and 0 < value < 2**63


def _is_number(value: object) -> bool:
    """Whether a logged value is a finite number."""
    try:
        return isinstance(value, int | float) and math.isfinite(value)
    except OverflowError:  # an int beyond all floats
        return False


def _moments(text: str, file: Path, start: datetime) -> list[datetime]:
    """When a log was written to; of a run with a silent one, when its numbers were."""
    found = [moment for each in MOMENT.findall(text) if (moment := _moment(each)) is not None]
    if found or not file.is_file():
        return found or [start]
    return [datetime.fromtimestamp(file.stat().st_mtime).astimezone()]


def _moment(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text.replace('/', '-')).astimezone()
    except ValueError:  # no such day: not written by a log
        return None
