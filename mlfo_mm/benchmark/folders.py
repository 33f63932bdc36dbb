"""Where files of the benchmark go."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Folders:
    """Where a plan's files go."""

    root: Path
    work_dir: Path = Path('work_dirs')
    results: Path = Path('results')

    @property
    def benchmark(self) -> Path:
        """For the workflow's own files."""
        return self.work_dir.absolute() / 'benchmark'

    @property
    def evaluations(self) -> Path:
        """For features and classifiers of evaluations."""
        return self.work_dir.absolute() / 'evaluate'
