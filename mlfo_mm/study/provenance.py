"""Where a number comes from: commit, library versions, machine; found without importing them."""

from __future__ import annotations

import os
import platform
import subprocess
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

import mlfo_mm

PACKAGES = ('torch', 'torchvision', 'mmengine', 'mmcv', 'mmcv-lite', 'mmaction2', 'decord', 'av')
MORE_PACKAGES = ('numpy', 'scipy', 'opencv-python-headless', 'opencv-contrib-python-headless')
# results/ is left out on purpose: writing one record must not make the next one look dirty
CODE = ('mlfo_mm', 'configs', 'tools', 'setup.py', 'pyproject.toml')


def provenance(gpus: Sequence[str] = ()) -> dict[str, Any]:
    """Return ``git``, ``versions`` and ``hardware`` as a record holds them.

    Args:
        gpus: names of the devices in use; the caller knows them, this module imports no torch.
    """
    return dict(git=_git(Path(__file__).resolve()), versions=_versions(), hardware=_hardware(gpus))


def _git(source: Path) -> dict[str, str | bool | None]:
    """Return commit and dirtiness of the checkout that tracks ``source``.

    An installed copy inside somebody's repository is not tracked by it and has no commit.
    """
    if _run_git(source.parent, 'ls-files', '--error-unmatch', source.name) is None:
        return dict(commit=None, dirty=None)
    commit = _run_git(source.parent, 'rev-parse', 'HEAD')
    top = _run_git(source.parent, 'rev-parse', '--show-toplevel')
    if commit is None or top is None:
        return dict(commit=None, dirty=None)
    changes = _run_git(Path(top), 'status', '--porcelain', '--', *CODE)
    return dict(commit=commit, dirty=None if changes is None else bool(changes))


def _run_git(folder: Path, *arguments: str) -> str | None:
    try:
        done = subprocess.run(
            ['git', *arguments], cwd=folder, capture_output=True, text=True, timeout=30
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def _versions() -> dict[str, str | None]:
    versions: dict[str, str | None] = dict(
        python=platform.python_version(), mlfo_mm=mlfo_mm.__version__
    )
    for name in PACKAGES + MORE_PACKAGES:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            versions[name] = None
    return versions


def _hardware(gpus: Sequence[str]) -> dict[str, Any]:
    try:
        memory = os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30
    except (ValueError, OSError, AttributeError):
        memory = None
    return dict(
        cpu=_cpu_model(),
        cores=os.cpu_count(),
        memory_gib=None if memory is None else round(memory, 1),
        gpus=list(gpus),
        system=platform.platform(),
    )


def _cpu_model() -> str:
    try:
        for line in Path('/proc/cpuinfo').read_text().splitlines():
            if line.startswith('model name'):
                return line.partition(':')[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()
