"""What the benchmark's workflow left about jobs that failed."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

LINES = 12


@dataclass(frozen=True)
class FailedJob:
    """A job whose last attempt failed, and the last lines that it printed."""

    name: str
    reason: str
    tail: str


def failed_jobs(work_dir: Path, profile: str) -> list[FailedJob]:
    """Read ``<work_dir>/benchmark/<profile>``; a folder that is not there holds none."""
    folder = work_dir / 'benchmark' / profile
    found = []
    for path in sorted((folder / 'state').rglob('*.json')):
        try:
            state = json.loads(path.read_text(encoding='utf-8'))
        except (OSError, ValueError):
            continue
        if isinstance(state, dict) and state.get('status') == 'failed':
            name = path.relative_to(folder / 'state').with_suffix('').as_posix()
            log = folder / 'logs' / f'{name}.log'
            found.append(FailedJob(name, str(state.get('reason') or 'unknown'), _tail(log)))
    return found


def _tail(path: Path) -> str:
    try:
        text = path.read_text(encoding='utf-8', errors='replace')
    except OSError:
        return ''
    return '\n'.join(text.splitlines()[-LINES:])
