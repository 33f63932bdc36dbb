"""Folders that are subsets of a data set, such as ``train`` and ``val``, and no classes."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from mlfo_mm.datasets.prepare import Prepared
from mlfo_mm.errors import UserError

Entries = list[tuple[str, int]]
TRAIN = ('train', 'training', 'trn', 'trainval')
VALIDATION = ('val', 'valid', 'validate', 'validation', 'dev', 'eval', 'evaluation')
TEST = ('test', 'tests', 'testing', 'tst')
OTHER = ('replacement', 'replacements', 'holdout', 'unlabeled', 'unlabelled')
# What may stand beside such a word: ``train_256``, ``TestSet``, ``kinetics400_val``, ``videos_train``.
FILLERS = {
    'set', 'split', 'subset', 'data', 'video', 'videos', 'clip', 'clips', 'compress', 'compressed',
    'kinetics', 'k', 'ucf', 'hmdb', 'p', 'px', 'x', 'raw',
}  # fmt: skip
_BESIDE = '|'.join(sorted((w for w in FILLERS if len(w) > 2), reverse=True))
_WORDS = '|'.join(sorted((*TRAIN, *VALIDATION, *TEST, *OTHER), key=len, reverse=True))
JOINED = re.compile(f'(?:{_BESIDE})?({_WORDS})(?:{_BESIDE})?')


def subset_word(name: str) -> str:
    """The word by which a folder's name says that it is a subset; an empty one where it does not."""
    words = [w for w in re.findall('[^\\W\\d_]+', name.casefold()) if w not in FILLERS]
    found = JOINED.fullmatch(''.join(words))
    return found[1] if found else ''


def _named_alike(found: dict[str, set[str]]) -> dict[str, str]:
    """The word of each folder called as another one is, but for it: ``mine_train``, ``mine_test``.

    Args:
        found: Folders with those in them, of which two subsets share some.
    """
    words = {name: re.findall('[^\\W\\d_]+', name.casefold()) for name in found}
    known = {
        name: [w for w in each if w in (*TRAIN, *VALIDATION, *TEST)] for name, each in words.items()
    }
    rest = {name: [w for w in words[name] if w not in known[name]] for name in found}
    return {
        name: known[name][0]
        for name in found
        if len(known[name]) == 1
        and any(
            rest[name] == rest[other] and known[name] != known[other] and found[name] & found[other]
            for other in found
        )
    }


def split_by_folders(
    folder: Path,
    videos: Sequence[str],
    order: Sequence[Sequence[str]] = (TEST, VALIDATION),
) -> Prepared | None:
    """The data set of ``train/<class>/`` and ``test/<class>/`` folders, or None where there are none.

    The words are those above, in any case. ``<class>/train/`` and ``<class>/test/`` serve as well, and
    so do folders that share their classes and a name beside the word. Videos of other folders beside
    them are left out, with a note.

    Args:
        folder: Of the videos.
        videos: Paths below it.
        order: Words for what is tested on; the first ones that are there are taken.

    Raises:
        UserError: Every folder is a subset, but they are no pair, or hold no class folders.
    """
    for level in (0, 1):
        deep = [parts for v in videos if len(parts := v.split('/')) > 2]
        found = {parts[level]: subset_word(parts[level]) for parts in deep}
        pair = _pair(folder, found, order)
        if pair and (level == 0 or all(found.values())):
            return _prepared(folder, videos, level, *pair)
    inside: dict[str, set[str]] = {}
    for top, below, *_ in (v.split('/') for v in videos if v.count('/') > 1):
        inside.setdefault(top, set()).add(below)
    pair = _pair(folder, _named_alike(inside), order)
    if pair:
        return _prepared(folder, videos, 0, *pair)
    tops = {v.split('/')[0] for v in videos if '/' in v}
    if len(tops) > 1 and all(map(subset_word, tops)):
        raise UserError(
            f'{folder}: {", ".join(sorted(tops))} are subsets by their names, not classes: videos are '
            f'expected in train/<class>/ and test/<class>/ (or val); --unlabelled takes all to pretrain on'
        )
    return None


def doubtful(videos: Iterable[str]) -> list[str]:
    """Warnings of classes that are called as a subset is, and hold folders as one does."""
    deep = sorted({v.split('/')[0] for v in videos if v.count('/') > 1})
    named = [name for name in deep if subset_word(name)]
    return [
        f'warning: {name} is taken for a class, although it is called as a subset is and holds folders'
        for name in named
    ]


def _pair(
    folder: Path, found: dict[str, str], order: Sequence[Sequence[str]]
) -> tuple[str, str] | None:
    """The folders to train and to test on."""
    sides = []
    for words in (TRAIN, *order):
        names = sorted(name for name, word in found.items() if word in words)
        exact = [name for name in names if name.casefold() == words[0]]
        if len(names) > 1 and len(exact) != 1:
            raise UserError(f'{folder}: {" and ".join(names)} mean the same: move all but one away')
        sides.append((exact or names or [''])[0])
    second = next(filter(None, sides[1:]), '')
    return (sides[0], second) if sides[0] and second else None


def _prepared(folder: Path, videos: Sequence[str], level: int, train: str, test: str) -> Prepared:
    parts: dict[str, list[tuple[str, str]]] = {'train.txt': [], 'test.txt': []}
    others: Counter[str] = Counter()
    for video in videos:
        names = video.split('/')
        subset = names[level] if len(names) > 2 else ''
        if subset in (train, test):
            parts['train.txt' if subset == train else 'test.txt'].append((video, names[1 - level]))
        else:
            others[subset or (names[0] if len(names) > 1 else '')] += 1
    class_of = class_names(name for part in parts.values() for _, name in part)
    classes = sorted(set(class_of.values()))
    label_of = {name: classes.index(shown) for name, shown in class_of.items()}
    lists = {n: [(video, label_of[name]) for video, name in part] for n, part in parts.items()}
    notes = [f'split by the folders {train} and {test} of {folder}', *merged(class_of)]
    if others:
        named = ', '.join(sorted(others.keys() - {train, test, ''}))
        where = f' (in {named})' if named else ''
        notes.append(f'{others.total():,} other videos below {folder}{where}; left out')
    return Prepared(folder, classes, lists, notes + missing_classes(classes, lists))


def class_names(folders: Iterable[str]) -> dict[str, str]:
    """The class that each folder holds: ``Walk`` and ``walk`` are one, called as the first of them."""
    shown: dict[str, str] = {}
    # composed: one name may be written in two ways, with accents apart as on macOS
    keys = {name: unicodedata.normalize('NFC', name).casefold() for name in folders}
    return {name: shown.setdefault(keys[name], name) for name in sorted(keys)}


def merged(class_of: dict[str, str]) -> list[str]:
    """Notes on folders of one class whose names differ."""
    spelt = {shown: [n for n in class_of if class_of[n] == shown] for shown in class_of.values()}
    return [f'{" and ".join(names)} are one class' for names in spelt.values() if len(names) > 1]


def missing_classes(classes: list[str], lists: dict[str, Entries]) -> list[str]:
    """Warnings of classes without a video in one of the lists."""
    notes = []
    for name, entries in lists.items():
        absent = [
            classes[i] for i in sorted(set(range(len(classes))) - {label for _, label in entries})
        ]
        if absent:
            notes.append(f'warning: no video of {", ".join(absent)} in {name}')
    return notes
