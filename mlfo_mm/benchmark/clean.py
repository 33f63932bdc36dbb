"""What runs left and can be made again: stored features, and checkpoints before the last one of a run.

Records, logs and the last checkpoint of a run stay, whatever became of the run: it goes on from there.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from mlfo_mm.benchmark.folders import Folders
from mlfo_mm.benchmark.state import whole
from mlfo_mm.checkpoint_files import by_epoch


@dataclass(frozen=True)
class Waste:
    """Files that can go.

    Attributes:
        what: In words.
        folder: Where they are.
        paths: Of them.
        size: Bytes.
    """

    what: str
    folder: Path
    paths: tuple[Path, ...]
    size: int

    def remove(self) -> None:
        """Remove them."""
        for path in self.paths:
            path.unlink(missing_ok=True)


def stored_features(folders: Folders) -> Waste:
    """Features of frozen backbones; they belong to weights and videos, not to one profile."""
    folder = folders.evaluations / 'features'
    return _waste('stored features, of all profiles', folder, folder.glob('*.npz'))


def early_checkpoints(folders: Folders, profile: str) -> list[Waste]:
    """Checkpoints before the last whole one, of pretrainings and of finetuned classifiers."""
    runs = folders.work_dir.absolute() / profile
    classifiers = folders.evaluations
    return [
        _waste('checkpoints before the last one of a run', runs, _early(runs)),
        _waste('the same of classifiers, of all profiles', classifiers, _early(classifiers)),
    ]


def _early(folder: Path) -> list[Path]:
    early: list[Path] = []
    for run in folder.glob('*'):
        paths = [path for _, path in sorted(by_epoch(run).items())]
        last = next((n for n in range(len(paths) - 1, -1, -1) if whole(paths[n])), 0)
        early += paths[:last]
    return early


def _waste(what: str, folder: Path, paths: Iterable[Path]) -> Waste:
    files = tuple(sorted(path for path in paths if path.is_file()))
    return Waste(what, folder, files, sum(path.stat().st_size for path in files))
