"""No test video, and no other clip of its group, in a list that a number was trained on.

What is compared, in the words of a record: ``path`` (as listed, folders seen through links), ``file``
(the same one by a symbolic or hard link), ``group``, ``content`` (the same bytes) and, in small sets,
``frames`` (the same beginning in any container, sound and metadata aside). A new encoding, and a cut
that leaves out the beginning, are found by their names alone.

A group is what clips of one source share: ``v_Jump_g08`` of ``v_Jump_g08_c01.avi`` within a data set
(UCF101's names), the YouTube id of ``<id>_<start>_<end>.mp4`` anywhere (Kinetics).
"""

from __future__ import annotations

import functools
import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mlfo_mm.datasets.annotation import Sample, read_list
from mlfo_mm.datasets.content import (
    BYTES,
    GONE,
    hash_video,
    list_facts,
    remembered,
    stamp,
    videos_of,
)
from mlfo_mm.errors import UserError

SMALL = 5000  # videos of all lists together, up to which some frames of each are decoded
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
        What was compared, for a record: ``lists`` by role (:func:`content.list_facts`), and
        ``compared``, by what.

    Raises:
        UserError: A video of the test list, or another clip of its group, is in one of the others.
    """
    asked = _read('test', test)
    others = {path: _read(role, path) for role, path in trained.items()}
    for path, other in others.items():
        _compare_names(other, asked, f'{path} and {test}')
    compared = ['path', 'file', 'group', 'content']
    for path, other in others.items():
        _compare_files(other, asked, f'{path} and {test}')
    if sum(len(each.samples) for each in (asked, *others.values())) <= SMALL:
        for path, other in others.items():
            _compare_frames(other, asked, f'{path} and {test}')
        compared.append('frames')
    facts = {path: list_facts(path) for path in (test, *others)}
    lists = {role: dict(facts[path]) for role, path in {'test': test, **trained}.items()}
    return dict(lists=lists, compared=compared)


def _read(role: str, path: Path) -> Listed:
    return Listed(role, path.parent, read_list(path))


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


def _compare_files(other: Listed, test: Listed, where: str) -> None:
    """Compare what lies at the paths: the same file by links, and equal bytes."""
    files = {'test': _stamps(test), 'other': _stamps(other)}
    by_inode = {tuple(found[3:]): sample for _, sample, found in files['other']}
    by_size: dict[int, list[tuple[str, Sample]]] = {}
    for path, sample, found in files['other']:
        by_size.setdefault(found[0], []).append((path, sample))
    asked: list[tuple[str, Sample, list[tuple[str, Sample]]]] = []
    for path, sample, found in files['test']:
        if same := by_inode.get(tuple(found[3:])):
            raise _leak(where, sample, f'is a file of the {other.role} list too', same)
        if found[0] > 0 and found[0] in by_size:
            asked.append((path, sample, by_size[found[0]]))
    candidates = [path for _, _, pairs in asked for path, _ in pairs]
    paths = [path for path, _, _ in asked] + candidates
    hashes = remembered(paths, BYTES, hash_video, 'comparing contents')
    by_hash = {hashes[path]: sample for _, _, pairs in asked for path, sample in pairs}
    for path, sample, _ in asked:
        candidate = by_hash.get(hashes[path]) if hashes[path] != GONE else None
        if candidate is not None:
            said = f'has the very content of a video of the {other.role} list'
            raise _leak(where, sample, said, candidate)


def _compare_frames(other: Listed, test: Listed, where: str) -> None:
    from mlfo_mm.datasets import shown  # PyAV: what only compares names has no need of it

    pairs = {listed.role: _stamps(listed) for listed in (test, other)}
    paths = [path for found in pairs.values() for path, _, _ in found]
    begins = remembered(paths, 'frames', shown.beginning, 'comparing frames')
    by_beginning: dict[str, list[tuple[str, Sample]]] = {}
    for path, sample, _ in pairs[other.role]:
        by_beginning.setdefault(begins[path], []).append((path, sample))
    for path, sample, _ in pairs[test.role]:
        if begins[path] in (shown.NOTHING, GONE):
            continue
        for candidate, other_sample in by_beginning.get(begins[path], []):
            if shown.same(path, candidate):
                said = f'shows the frames of a video of the {other.role} list'
                raise _leak(where, sample, said, other_sample)


def _stamps(listed: Listed) -> list[tuple[str, Sample, list[int]]]:
    """Path, sample and stamp of each video that is there."""
    paths = videos_of(listed.samples, listed.folder)
    found = ((p, s, stamp(p)) for p, s in zip(paths, listed.samples, strict=True))
    return [(path, sample, each) for path, sample, each in found if each is not None]


def _leak(where: str, sample: Sample, said: str, other: Sample) -> UserError:
    beside = '' if other.path == sample.path else f'{other.path}, '
    return UserError(
        f'{where}: test video {sample.path} (line {sample.line}) {said} ({beside}line {other.line})'
    )
