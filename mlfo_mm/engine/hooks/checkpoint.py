"""Checkpoints that are whole or not there."""

from __future__ import annotations

from pathlib import Path

import torch
from mmengine.fileio import LocalBackend, register_backend

from mlfo_mm.checkpoint_files import by_epoch, resumable
from mlfo_mm.errors import UserError
from mlfo_mm.files import write_atomic

REMEDY = 'free space or choose another --work-dir, then continue with --resume'


@register_backend('atomic')
class AtomicBackend(LocalBackend):
    """Local files, written aside, flushed to disk and renamed (``backend_args=dict(backend='atomic')``)."""

    def put(self, obj: bytes, filepath: str | Path) -> None:
        """Write bytes so that ``filepath`` is either as before or whole."""
        try:
            write_atomic(filepath, obj)
        except UserError as error:
            raise UserError(f'{error}; {REMEDY}') from None

    def put_text(self, obj: str, filepath: str | Path, encoding: str = 'utf-8') -> None:
        """Write text as :meth:`put` writes bytes."""
        self.put(obj.encode(encoding), filepath)


def readable(path: str | Path) -> bool:
    """Whether a checkpoint file is whole, as far as reading all of it shows."""
    if not Path(path).is_file():  # a pipe would keep its reader waiting
        return False
    try:
        torch.load(path, map_location='cpu', weights_only=True, mmap=False)
    except Exception:  # torch raises half a dozen types for a truncated archive
        return False
    return True


def find_resume(work_dir: str | Path, logger=print) -> Path | None:
    """Newest whole checkpoint of a work directory; truncated ones are named and passed over.

    That is an ``epoch_NUMBER.pth``, or what a stop in an epoch has left.
    """
    found = resumable(work_dir)
    for path in (found[place] for place in sorted(found, reverse=True)):
        if readable(path):
            return path
        logger(f'warning: {path} cannot be read whole: falling back to the checkpoint before it')
    return None


def last_checkpoint(path: str | Path) -> Path:
    """The checkpoint that a path means: itself, or of a work directory that of the last epoch.

    Raises:
        UserError: A folder without a whole ``epoch_NUMBER.pth``.
    """
    path = Path(path)
    if not path.is_dir():
        return path
    found = by_epoch(path)
    whole = next(
        (found[epoch] for epoch in sorted(found, reverse=True) if readable(found[epoch])), None
    )
    if whole is None:
        raise UserError(f'{path}: no whole checkpoint epoch_*.pth in it: nothing was trained there')
    return whole


def refuse_occupied(work_dir: Path) -> None:
    """Refuse a fresh start where an earlier run's checkpoints would be written over.

    Raises:
        UserError: One of them is whole.
    """
    found = find_resume(work_dir)
    if found is not None:
        raise UserError(
            f'{work_dir} holds an earlier run, up to {found.name}: --resume goes on with it; to start '
            'anew, choose another --work-dir or remove this one'
        )
