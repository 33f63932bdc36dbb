"""What a tool hands over to whoever called it: a JSON file of the records it made, or why it failed.

``records``: their paths; ``reason``: of a failure, in one line. A tool that was killed leaves none.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from mlfo_mm.errors import UserError, reason_of
from mlfo_mm.files import write_atomic

RANKS = ('RANK', 'SLURM_PROCID', 'OMPI_COMM_WORLD_RANK')  # where launchers number their processes


class Handover(NamedTuple):
    """What a tool said."""

    records: tuple[str, ...] = ()
    reason: str = ''


@contextlib.contextmanager
def handing_over(path: Path | None) -> Iterator[list[Path]]:
    """Write the file at the end of a tool, also where it ends with an error.

    Of several processes the first one writes it; each of the others, only why it failed, and only
    where nothing is said yet.

    Args:
        path: The file; nothing is written without.

    Yields:
        A list for the paths of records that were made or reused.
    """
    records: list[Path] = []
    first = all(os.environ.get(name, '0') == '0' for name in RANKS)
    try:
        yield records
    except Exception as error:
        with contextlib.suppress(UserError):  # on a full disk the first error is the one to say
            if path is not None and (first or not path.exists()):
                _write(path, records, reason_of(error))
        raise
    if path is not None and first:
        _write(path, records, '')


def read_handover(path: Path) -> Handover | None:
    """Read what a tool left; None where it left nothing."""
    try:
        said = json.loads(path.read_text(encoding='utf-8'))
        return Handover(tuple(map(str, said['records'])), str(said['reason']))
    except (OSError, ValueError, TypeError, KeyError):
        return None


def _write(path: Path, records: list[Path], reason: str) -> None:
    said = dict(records=[str(record) for record in records], reason=reason)
    write_atomic(path, json.dumps(said, indent=1) + '\n')
