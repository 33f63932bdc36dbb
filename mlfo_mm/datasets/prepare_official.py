"""UCF101, HMDB51 and Kinetics-400 from their official lists."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from pathlib import Path

from mlfo_mm.datasets.annotation import read_lines, source_hint
from mlfo_mm.datasets.prepare import Prepared, locate_videos, match_videos, note_left_out
from mlfo_mm.datasets.subset_folders import TEST, VALIDATION, split_by_folders
from mlfo_mm.errors import UserError
from mlfo_mm.files import read_text
from mlfo_mm.study.sizes import SIZES

Entries = list[tuple[str, int]]

NUM_CLASSES = {'ucf101': 101, 'hmdb51': 51, 'kinetics400': 400}
HMDB_SUBSETS = {'0': None, '1': 'train', '2': 'test'}


def prepare_ucf101(
    dataset_dir: Path,
    videos: Path | None = None,
    splits: Path | None = None,
    allow_missing: bool = False,
) -> Prepared:
    """UCF101 from ``UCF-101/<Class>/*.avi`` and ``ucfTrainTestlist/{classInd,...}.txt``.

    Args:
        dataset_dir: Folder of the data set.
        videos: Folder of the class folders; by default ``videos`` or ``UCF-101`` there.
        splits: Folder of the official lists; by default ``ucfTrainTestlist`` there.
        allow_missing: Leave out listed videos that are not there instead of failing.
    """
    folder, found = locate_videos('ucf101', dataset_dir, videos, ('videos', 'UCF-101'))
    splits = _locate_lists(
        'ucf101', dataset_dir, splits, ('ucfTrainTestlist', 'splits', '.'), 'classInd.txt'
    )
    classes = _ucf_classes(splits / 'classInd.txt')
    listed = {}
    for split in SIZES['ucf101']:
        for subset in ('train', 'test'):
            path = splits / f'{subset}list{split:02d}.txt'
            listed[f'{subset}{split}.txt'] = _ucf_list(path, classes)
    _check_counts('ucf101', splits, len(classes), listed)
    lists, notes = match_videos(listed, found, folder, allow_missing)
    return Prepared(folder, classes, lists, notes)


def _ucf_classes(path: Path) -> list[str]:
    """Names from lines such as ``1 ApplyEyeMakeup``."""
    classes: list[str] = []
    for number, text in read_lines(path):
        index, _, name = text.partition(' ')
        if index != str(len(classes) + 1) or not name.strip():
            raise UserError(
                f'{path}:{number}: expected "{len(classes) + 1} <class>", found {text!r}'
            )
        classes.append(name.strip())
    return classes


def _ucf_list(path: Path, classes: list[str]) -> Entries:
    """Videos and labels; training lists have the label, from 1, beside the path."""
    label_of = {name: label for label, name in enumerate(classes)}
    entries = []
    for number, text in read_lines(path):
        video, _, given = text.partition(' ')
        label = label_of.get(video.split('/')[0])
        if label is None:
            raise UserError(f'{path}:{number}: {video!r} names no class of classInd.txt')
        if given and given.strip() != str(label + 1):
            raise UserError(
                f'{path}:{number}: label {given.strip()} beside {video}, but classInd.txt says '
                f'{label + 1}'
            )
        entries.append((video, label))
    return entries


def prepare_hmdb51(
    dataset_dir: Path,
    videos: Path | None = None,
    splits: Path | None = None,
    allow_missing: bool = False,
) -> Prepared:
    """HMDB51 from ``videos/<class>/*.avi`` and ``<class>_test_split<N>.txt`` files.

    The arguments are those of :func:`prepare_ucf101`; the default folders are ``videos`` (or
    ``hmdb51_org``) and ``testTrainMulti_7030_splits`` in ``dataset_dir``.
    """
    folder, found = locate_videos('hmdb51', dataset_dir, videos, ('videos', 'hmdb51_org', '.'))
    splits = _locate_lists(
        'hmdb51',
        dataset_dir,
        splits,
        ('testTrainMulti_7030_splits', 'splits', '.'),
        '*_test_split1.txt',
    )
    names = sorted(f.name for f in splits.glob('*_test_split1.txt'))
    classes = [n.removesuffix('_test_split1.txt') for n in names]
    listed: dict[str, Entries] = {}
    for split in SIZES['hmdb51']:
        listed |= {f'{subset}{split}.txt': [] for subset in ('train', 'test')}
        for label, name in enumerate(classes):
            path = splits / f'{name}_test_split{split}.txt'
            for number, text in read_lines(path):
                fields = text.rsplit(maxsplit=1)
                if len(fields) != 2 or fields[1] not in HMDB_SUBSETS:
                    raise UserError(f'{path}:{number}: expected "name.avi 0|1|2", found {text!r}')
                subset = HMDB_SUBSETS[fields[1]]
                if subset:
                    listed[f'{subset}{split}.txt'].append((f'{name}/{fields[0]}', label))
    _check_counts('hmdb51', splits, len(classes), listed)
    lists, notes = match_videos(listed, found, folder, allow_missing)
    return Prepared(folder, classes, lists, notes)


def _locate_lists(
    name: str, dataset_dir: Path, given: Path | None, candidates: tuple[str, ...], pattern: str
) -> Path:
    folders = [given] if given else [dataset_dir / c for c in candidates]
    for folder in folders:
        if any(folder.glob(pattern)):
            return folder
    looked = ', '.join(str(f) for f in folders)
    raise UserError(f'no official lists ({pattern}) in {looked}. {source_hint(name, dataset_dir)}')


def _check_counts(name: str, splits: Path, classes: int, listed: dict[str, Entries]) -> None:
    """The official lists must be whole, or no number compares with a published one."""
    if classes != NUM_CLASSES[name]:
        raise UserError(f'{splits}: {classes} classes, {name} has {NUM_CLASSES[name]}')
    for split, expected in SIZES[name].items():
        for subset, count in zip(('train', 'test'), expected, strict=True):
            have = len(listed[f'{subset}{split}.txt'])
            if have != count:
                raise UserError(
                    f'{splits}: split {split} lists {have:,} {subset} videos, the official one '
                    f'{count:,}: unpack the official lists again'
                )


def prepare_kinetics400(
    dataset_dir: Path,
    videos: Path | None = None,
    splits: Path | None = None,
) -> Prepared:
    """Kinetics-400, as much of it as there is; the notes say how much.

    Videos lie in ``train/<class>/`` and ``val/<class>/``, or, with the official CSV files
    (``label,youtube_id,time_start,time_end,split``), anywhere as ``<id>_<start>_<end>.mp4``.

    Args:
        dataset_dir: Folder of the data set.
        videos: Folder of the videos; by default ``videos`` in ``dataset_dir``, or the latter.
        splits: Folder of the CSV files; by default ``dataset_dir`` or ``annotations`` in it.
    """
    others: Counter[str] = Counter()
    folder, found = locate_videos('kinetics400', dataset_dir, videos, ('videos', '.'), others)
    folders = [splits] if splits else [dataset_dir, dataset_dir / 'annotations']
    tables = next(
        ([t, v] for f in folders if (t := _csv(f, 'train')) and (v := _csv(f, 'val'))), None
    )
    if tables is None and splits:
        raise UserError(f'no train.csv and val.csv in {splits}')
    if tables:
        prepared = _kinetics_csv(folder, found, *tables)
    else:  # numbers on Kinetics are those of its validation videos
        prepared = split_by_folders(folder, found, (VALIDATION, TEST))
    if prepared is None:
        raise UserError(
            f'{folder} has neither train/<class>/ and val/<class>/ folders nor CSV files beside. '
            + source_hint('kinetics400', dataset_dir)
        )
    prepared.notes.extend(note_left_out(others))
    if len(prepared.classes) != NUM_CLASSES['kinetics400']:
        prepared.notes.append(f'{len(prepared.classes)} classes; the whole of Kinetics-400 has 400')
    return prepared


def _csv(folder: Path, subset: str) -> Path | None:
    found = sorted(folder.glob(f'*{subset}*.csv'))
    if len(found) > 1:
        raise UserError(f'{folder}: several {subset} lists ({", ".join(f.name for f in found)})')
    return found[0] if found else None


def _kinetics_csv(folder: Path, found: list[str], train: Path, val: Path) -> Prepared:
    by_stem = {Path(v).stem: v for v in found}
    rows = {'train.txt': _kinetics_rows(train), 'test.txt': _kinetics_rows(val)}
    classes = sorted({label for label, _ in rows['train.txt']})
    label_of = {name: label for label, name in enumerate(classes)}
    lists, notes = {}, []
    for (name, listed), path in zip(rows.items(), (train, val), strict=True):
        unknown = sorted({label for label, _ in listed} - label_of.keys())
        if unknown:
            raise UserError(f'{path}: class {unknown[0]!r} is not in {train}')
        lists[name] = [(by_stem[s], label_of[label]) for label, s in listed if s in by_stem]
        if not lists[name]:
            raise UserError(
                f'none of the {len(listed):,} videos of {path} is in {folder}; the first would be '
                f'{listed[0][1]}.mp4'
            )
        notes.append(
            f'{name}: {len(lists[name]):,} of the {len(listed):,} videos of {path} are there'
        )
    return Prepared(folder, classes, lists, notes)


def _kinetics_rows(path: Path) -> list[tuple[str, str]]:
    """(class, file name without suffix) of each line, each video once."""
    rows: dict[str, str] = {}
    reader = csv.DictReader(io.StringIO(read_text(path), newline=''), restval='')
    try:
        needed = ('label', 'youtube_id', 'time_start', 'time_end')
        lacking = [c for c in needed if c not in (reader.fieldnames or ())]
        if lacking:
            raise UserError(f'{path}: no column {lacking[0]!r} (has: {reader.fieldnames})')
        for row in reader:
            label, video, *times = (row[c] or '' for c in needed)
            if not (label and video and all(re.fullmatch(r'\d+(\.\d*)?', t) for t in times)):
                raise UserError(
                    f'{path}:{reader.line_num}: expected label, youtube_id and two times'
                )
            start, end = (int(float(t)) for t in times)
            rows.setdefault(f'{video}_{start:06d}_{end:06d}', label)
    except csv.Error as error:
        raise UserError(f'{path}:{reader.line_num}: {error}') from error
    if not rows:
        raise UserError(f'{path}: the list is empty')
    return [(label, stem) for stem, label in rows.items()]
