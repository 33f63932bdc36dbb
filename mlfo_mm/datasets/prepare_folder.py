"""Videos of one's own: class folders, split here or by the folders above them."""

from __future__ import annotations

import random
import re
import shlex
from collections import Counter, defaultdict
from pathlib import Path

from mlfo_mm.datasets.annotation import PREPARE
from mlfo_mm.datasets.prepare import Prepared, note_left_out, scan_videos
from mlfo_mm.datasets.subset_folders import missing_classes, split_by_folders
from mlfo_mm.errors import UserError

Entries = list[tuple[str, int]]


def prepare_folder(
    dataset_dir: Path,
    videos: Path | None = None,
    group_regex: str | None = None,
    test_fraction: float = 0.3,
    seed: int = 0,
) -> Prepared:
    """A data set from a folder of class folders.

    ``train/<class>/`` and ``test/<class>/`` folders (or ``val``, ``Training``, ...) are taken as they
    are; otherwise the videos are split at random, class by class, groups whole.

    Args:
        dataset_dir: Folder of the data set.
        videos: Folder of the class folders; by default ``videos`` in it, or the latter.
        group_regex: Found in each video's path below ``videos``; its first group (or the whole
            match) names the video's group, such as a subject or a source recording. A group is
            never divided between the lists. Without it every video is a group of its own.
        test_fraction: Aimed-at share of each class in the test list.
        seed: Of the order in which groups are tried.
    """
    if not 0 < test_fraction < 1:
        raise UserError(f'--test-fraction {test_fraction} is not between 0 and 1')
    folders = [videos] if videos else [dataset_dir / 'videos', dataset_dir]
    others: Counter[str] = Counter()
    folder, found = next(
        ((f, v) for f in folders if (v := scan_videos(f, others))), (folders[0], [])
    )
    if not found:
        raise UserError(
            f'no videos in {" or ".join(str(f) for f in folders)}. Put them in '
            f'{folders[0]}/<class>/ and run: {PREPARE} folder --name {shlex.quote(dataset_dir.name)}'
            + ''.join(f' ({note})' for note in note_left_out(others))
        )
    given = split_by_folders(folder, found)
    if given:
        given.notes.extend(note_left_out(others))
        return given
    in_class = [v for v in found if '/' in v]
    notes = note_left_out(others)
    if len(in_class) < len(found):
        notes.append(
            f'{len(found) - len(in_class)} videos in no class folder of {folder}; left out'
        )
    classes = sorted({v.split('/')[0] for v in in_class})
    if len(classes) < 2:
        raise UserError(
            f'{folder}: {len(classes)} class folders with videos, at least 2 are needed'
        )
    groups = _group(folder, in_class, group_regex)
    test = _choose_test(groups, test_fraction, seed)
    label_of = {name: label for label, name in enumerate(classes)}
    lists: dict[str, Entries] = {'train.txt': [], 'test.txt': []}
    for video in in_class:
        name = 'test.txt' if video in test else 'train.txt'
        lists[name].append((video, label_of[video.split('/')[0]]))
    if not lists['test.txt'] or not lists['train.txt']:
        raise UserError(
            f'{folder}: {len(groups)} groups of videos cannot be divided into a training and '
            f'a test list; change --group-regex or --test-fraction'
        )
    notes.append(f'split at random by seed {seed}: {len(groups):,} groups kept whole')
    return Prepared(folder, classes, lists, notes + missing_classes(classes, lists))


def _group(folder: Path, videos: list[str], regex: str | None) -> dict[str, list[str]]:
    if regex is None:
        return {v: [v] for v in videos}
    try:
        pattern = re.compile(regex)
    except re.error as error:
        raise UserError(f'--group-regex {regex!r}: {error}') from error
    groups: dict[str, list[str]] = defaultdict(list)
    for video in videos:
        match = pattern.search(video)
        if match is None or (pattern.groups and match.group(1) is None):
            raise UserError(f'--group-regex {regex!r} finds no group in {folder / video}')
        groups[match.group(1 if pattern.groups else 0)].append(video)
    return dict(groups)


def _choose_test(groups: dict[str, list[str]], fraction: float, seed: int) -> set[str]:
    """Take groups in random order, each that brings the classes nearer to their share."""
    sizes = {g: Counter(v.split('/')[0] for v in videos) for g, videos in groups.items()}
    totals: Counter[str] = Counter()
    for size in sizes.values():
        totals.update(size)
    order = sorted(groups)
    random.Random(seed).shuffle(order)
    lacking = {c: fraction * n for c, n in totals.items()}
    test: set[str] = set()
    for group in order:
        gain = sum(abs(lacking[c]) - abs(lacking[c] - n) for c, n in sizes[group].items())
        if gain > 0:
            test.update(groups[group])
            for c, n in sizes[group].items():
                lacking[c] -= n
    return test
