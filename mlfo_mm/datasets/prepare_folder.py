"""Videos of one's own: class folders, split here or by the folders above them."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path

from mlfo_mm.datasets.annotation import LIST_NAME, UNLABELLED
from mlfo_mm.datasets.groups import find_groups
from mlfo_mm.datasets.prepare import VIDEO_SUFFIXES, Prepared, note_left_out, scan_videos
from mlfo_mm.datasets.subset_folders import (
    class_names,
    doubtful,
    merged,
    missing_classes,
    split_by_folders,
)
from mlfo_mm.errors import UserError

Entries = list[tuple[str, int]]


def prepare_folder(
    dataset_dir: Path,
    videos: Path | None = None,
    group_regex: str | None = None,
    test_fraction: float = 0.3,
    seed: int = 0,
    unlabelled: bool = False,
) -> Prepared:
    """A data set from a folder of class folders, or of videos alone.

    ``train/<class>/`` and ``test/<class>/`` folders (or ``val``, ``Training``, ...) are taken as they
    are; otherwise the videos are split at random, class by class, groups whole. Without two class
    folders there are no labels: all videos are a list to pretrain on.

    Args:
        dataset_dir: Folder of the data set.
        videos: Folder of the class folders; by default ``videos`` in it, or the latter. A folder
            around all others is passed through.
        group_regex: Found in a video's path below ``videos``; its first group (or the whole match)
            names the video's group, such as a subject or a source recording. A group is never
            divided between the lists. What it does not find has the group that its name tells
            (:func:`mlfo_mm.datasets.leakage.group_of`), or is one of its own. Copies of a file are
            of one group.
        test_fraction: Aimed-at share of each class in the test list.
        seed: Of the order in which groups are tried.
        unlabelled: Folders are no classes.
    """
    if not 0 < test_fraction < 1:
        raise UserError(f'--test-fraction {test_fraction} is not between 0 and 1')
    folders = [videos] if videos else [dataset_dir / 'videos', dataset_dir]
    others: Counter[str] = Counter()
    folder, found = next(
        ((f, v) for f in folders if (v := scan_videos(f, others))), (folders[0], [])
    )
    if not found:
        there = '' if any(map(Path.is_dir, folders)) else ', which is not there'
        raise UserError(
            f'no videos in {" or ".join(map(str, folders))}{there}. Put them in {folders[0]}/<class>/ '
            'and run this again' + ''.join(f' ({note})' for note in note_left_out(others))
        )
    if unlabelled:
        return _unlabelled(folder, found, others, 'without labels, as asked for')
    folder, found = _within(folder, found)
    given = split_by_folders(folder, found)
    if given:
        given.notes.extend(note_left_out(others))
        return given
    in_class = [v for v in found if '/' in v]
    class_of = class_names(v.split('/')[0] for v in in_class)
    classes = sorted(set(class_of.values()))
    if len(classes) < 2:
        return _unlabelled(folder, found, others, f'no two class folders in {folder}')
    notes = note_left_out(others) + merged(class_of) + doubtful(in_class)
    if len(in_class) < len(found):
        notes.append(
            f'{len(found) - len(in_class)} videos in no class folder of {folder}; left out'
        )
    groups, said = find_groups(folder, in_class, group_regex)
    test = _choose_test(groups, test_fraction, seed)
    label_of = {name: classes.index(shown) for name, shown in class_of.items()}
    lists: dict[str, Entries] = {'train.txt': [], 'test.txt': []}
    for video in in_class:
        name = 'test.txt' if video in test else 'train.txt'
        lists[name].append((video, label_of[video.split('/')[0]]))
    if not lists['test.txt'] or not lists['train.txt']:
        raise UserError(
            f'{folder}: {len(groups)} groups of videos cannot be divided into a training and '
            f'a test list, which takes two of a class; change --group-regex or --test-fraction'
        )
    notes += [f'split at random by seed {seed}: {len(groups):,} groups kept whole', *said]
    return Prepared(folder, classes, lists, notes + missing_classes(classes, lists))


def _within(folder: Path, videos: list[str]) -> tuple[Path, list[str]]:
    """The folder without those that are alone around all videos, as archives unpack to."""
    while len({v.split('/')[0] for v in videos}) == 1 and all('/' in v for v in videos):
        top = videos[0].split('/')[0]
        folder, videos = folder / top, [v.removeprefix(f'{top}/') for v in videos]
    return folder, videos


def _unlabelled(folder: Path, videos: list[str], others: Counter[str], why: str) -> Prepared:
    """All videos as a list to pretrain on."""
    for path in folder.iterdir():  # in folders below they are counted
        kept = path.name == 'classes.txt' or LIST_NAME.fullmatch(path.name)
        suffix = path.suffix.lower()
        if path.is_file() and suffix not in VIDEO_SUFFIXES and path.name[0] != '.' and not kept:
            others[suffix or 'no suffix'] += 1
    note = f'{why}: a set to pretrain on; evaluation takes another one, with classes'
    lists = {'train.txt': [(video, 0) for video in videos]}
    return Prepared(folder, [UNLABELLED], lists, [*note_left_out(others), note])


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
