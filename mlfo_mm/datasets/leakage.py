"""No test video, and no other clip of its group, in a list that a number was trained on.

A group is what clips of one source share: ``v_Jump_g08`` of ``v_Jump_g08_c01.avi`` within a data set
(UCF101's names), the YouTube id of ``<id>_<start>_<end>.mp4`` anywhere (Kinetics).
"""

from __future__ import annotations

import functools
import hashlib
import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mlfo_mm.datasets.annotation import Sample, read_list
from mlfo_mm.errors import UserError
from mlfo_mm.files import file_sha256

SMALL = 5000  # videos of all lists together, up to which files are compared by content
REMEDY = (
    'keep groups whole (tools/data/prepare_dataset.py folder --group-regex), or rename what is of '
    'another source'
)
NUMBERED = re.compile(r'(.+_g\d+)_c\d+', re.IGNORECASE)
KINETICS = re.compile(r'([\w-]{11})_\d{6}_\d{6}')


@dataclass(frozen=True)
class Listed:
    """A list of videos and its data set's folder; ``role`` is what it is used for."""

    role: str
    folder: Path
    samples: Sequence[Sample]


def group_of(folder: str | Path, video: str) -> str | None:
    """What tells the other clips of a video's source, None where its name does not."""
    stem = Path(video).stem
    if match := KINETICS.fullmatch(stem):
        return f'YouTube video {match[1]}'
    match = NUMBERED.fullmatch(stem)
    return f'group {match[1].lower()} of {os.path.realpath(folder)}' if match else None


def check_leakage(train: Iterable[Sample], test: Iterable[Sample], dataset_dir: Path) -> None:
    """Raise a :class:`UserError` if a test video, or a clip of its group, is in the training list."""
    pair = (Listed('training', dataset_dir, list(train)), Listed('test', dataset_dir, list(test)))
    _compare_names(*pair, str(dataset_dir))


def compare_lists(test: Path, trained: dict[str, Path]) -> dict[str, Any]:
    """Compare a test list with the lists that a number was trained on.

    Args:
        test: The list.
        trained: Lists by their role: ``training``, ``pretraining``.

    Returns:
        What was compared, for a record: ``lists`` by role with file, number of videos and hash, and
        ``compared``, by what.

    Raises:
        UserError: A video of the test list, or another clip of its group, is in one of the others.
    """
    asked = _read('test', test)
    others = {path: _read(role, path) for role, path in trained.items()}
    for path, other in others.items():
        _compare_names(other, asked, f'{path} and {test}')
    compared = ['path', 'group']
    if sum(len(each.samples) for each in (asked, *others.values())) <= SMALL:
        for path, other in others.items():
            _compare_contents(other, asked, f'{path} and {test}')
        compared.append('content')
    lists = {'test': _facts(test, asked)}
    lists |= {other.role: _facts(path, other) for path, other in others.items()}
    return dict(lists=lists, compared=compared)


def list_facts(path: Path) -> dict[str, Any]:
    """File, number of videos and hash of a list, as a record holds them."""
    return _facts(path, _read('', path))


def _read(role: str, path: Path) -> Listed:
    return Listed(role, path.parent, read_list(path))


def _facts(path: Path, listed: Listed) -> dict[str, Any]:
    digest = hashlib.sha256()
    for sample in listed.samples:
        digest.update(f'{sample.path} {sample.label}\n'.encode())
    file = f'{path.absolute().parent.name}/{path.name}'
    return dict(file=file, videos=len(listed.samples), sha256=digest.hexdigest())


def _compare_names(other: Listed, test: Listed, where: str) -> None:
    real = functools.cache(os.path.realpath)  # of folders: a link to each is seen through

    def place(listed: Listed, sample: Sample) -> str:
        folder, name = os.path.split(listed.folder / sample.path)
        return os.path.join(real(folder), name)

    trained = {place(other, sample): sample for sample in other.samples}
    groups: dict[str, Sample] = {}
    for sample in other.samples:
        if group := group_of(real(other.folder), sample.path):
            groups.setdefault(group, sample)
    for sample in test.samples:
        if same := trained.get(place(test, sample)):
            raise _leak(where, sample, f'is in the {other.role} list too', same)
        group = group_of(real(test.folder), sample.path)
        if group is not None and group in groups:
            said = f'is of {group}, and so is a video of the {other.role} list'
            raise UserError(f'{_leak(where, sample, said, groups[group])}; {REMEDY}')


def _compare_contents(other: Listed, test: Listed, where: str) -> None:
    by_size: dict[int, list[Sample]] = {}
    for sample in other.samples:
        by_size.setdefault(_size(other.folder / sample.path), []).append(sample)
    digest = functools.cache(file_sha256)
    for sample in test.samples:
        path = test.folder / sample.path
        size = _size(path)
        for candidate in by_size.get(size, []) if size > 0 else []:
            if digest(path) == digest(other.folder / candidate.path):
                said = f'has the very content of a video of the {other.role} list'
                raise _leak(where, sample, said, candidate)


def _leak(where: str, sample: Sample, said: str, other: Sample) -> UserError:
    beside = '' if other.path == sample.path else f'{other.path}, '
    return UserError(
        f'{where}: test video {sample.path} (line {sample.line}) {said} ({beside}line {other.line})'
    )


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:  # missing: no content to be the same
        return 0
