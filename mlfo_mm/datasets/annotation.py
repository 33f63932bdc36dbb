"""Data sets by name, and the lists that describe them.

A data set is a folder ``<root>/<name>`` with ``classes.txt`` (one name a line), ``train.txt`` and
``test.txt`` (``relative/path.mp4 label`` lines, labels from 0, paths relative to the folder).
Further splits are ``train2.txt``, ``test2.txt`` and so on. Needs neither torch nor mm*.
"""

from __future__ import annotations

import posixpath
import re
import shlex
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Literal, NamedTuple

from mlfo_mm import roots
from mlfo_mm.errors import UserError, did_you_mean
from mlfo_mm.files import not_utf8, opened
from mlfo_mm.roots import data_roots
from mlfo_mm.study.profiles import DIGITS, MAKE_DIGITS

Subset = Literal['train', 'test']
LIST_NAME = re.compile(r'(train|test)(\d*)\.txt')
MARK = b'\xef\xbb\xbf'  # of byte order
UNLABELLED = 'unlabelled'  # the one class of a set without labels
PREPARE = 'python tools/data/prepare_dataset.py'


class Sample(NamedTuple):
    """One line of a list: the path as it stands there, the label and the line number from 1."""

    path: str
    label: int
    line: int


class Source(NamedTuple):
    """What to download, where it goes, and the command that turns it into a data set."""

    download: str
    place: str
    command: str


SOURCES = {
    'ucf101': Source(
        'UCF101.rar and UCF101TrainTestSplits-RecognitionTask.zip',
        'unpack both in {dir} (unrar x UCF101.rar; '
        'unzip UCF101TrainTestSplits-RecognitionTask.zip), '
        'which gives {dir}/UCF-101/<Class>/*.avi and {dir}/ucfTrainTestlist/*.txt',
        f'{PREPARE} ucf101',
    ),
    'hmdb51': Source(
        'hmdb51_org.rar and test_train_splits.rar',
        'unpack both (unrar x), and the 51 class archives of the first in {dir}/videos '
        '(for f in *.rar; do unrar x "$f"; done), which gives {dir}/videos/<class>/*.avi and '
        '{dir}/testTrainMulti_7030_splits/*.txt',
        f'{PREPARE} hmdb51',
    ),
    'kinetics400': Source(
        'the Kinetics-400 training and validation videos (and their train.csv and val.csv)',
        'put them in {dir}/videos/train/<class>/*.mp4 and {dir}/videos/val/<class>/*.mp4, or in '
        'any folders as <youtube_id>_<start>_<end>.mp4 with the CSV files in {dir}',
        f'{PREPARE} kinetics400',
    ),
}


def find_dataset(name: str, data_root: str | Path | None = None) -> Path:
    """Folder of the data set ``name``.

    Args:
        name: Name of the folder under a root.
        data_root: The only root to look in; by default those of :func:`data_roots`.

    Raises:
        UserError: There is none; the message says how to get it.
    """
    roots = _roots(name, data_root)
    for root in roots:
        if _is_dataset(root / name):
            return root / name
    raise UserError(_how_to_get(name, roots))


def dataset_home(name: str, data_root: Path | None = None) -> Path:
    """Where a data set is to be: the folder of its name that is there, else below the first root."""
    roots = _roots(name, data_root)
    return next((root / name for root in roots if (root / name).is_dir()), roots[0] / name)


def _roots(name: str, data_root: str | Path | None) -> list[Path]:
    if not name.strip('./'):
        raise UserError(f'{name!r} is not the name of a data set')
    return data_roots() if data_root is None else [Path(data_root)]


def _is_dataset(folder: Path) -> bool:
    return (folder / 'classes.txt').is_file() and bool(list_names(folder))


def _how_to_get(name: str, roots: list[Path]) -> str:
    searched = ', '.join(f'{r} (no folder)' if r.is_file() else str(r) for r in roots)
    partial = next((r / name for r in roots if (r / name).is_dir()), None)
    home = partial or roots[0] / name
    problem = (
        f'{partial} is there, but without classes.txt and train.txt or test.txt'
        if partial
        else f'no data set {name!r} in {searched}'
    )
    if name in DIGITS:
        return f'{problem}; make it with: python {MAKE_DIGITS[0]}'
    if name in SOURCES:
        return f'{problem}. {source_hint(name, home)}'
    found = sorted({d.name for r in roots if r.is_dir() for d in r.iterdir() if _is_dataset(d)})
    near = did_you_mean(name, found)
    if near:
        return f'{problem}{near}'
    near = did_you_mean(name, [*SOURCES, *DIGITS])
    meant = next((known for known in (*SOURCES, *DIGITS) if repr(known) in near), '')
    if meant:
        return f'{problem}{near}, where is {_how_to_get(meant, roots)}'
    return (
        f'{problem}; found there: {", ".join(found) or "none"}.'
        f' For videos of your own, put them in {home}/videos/<class>/ and run: {PREPARE} folder '
        f'--name {shlex.quote(name)}; or name their root in MLFO_DATA_ROOT'
    )


def source_hint(name: str, home: Path) -> str:
    """What to download for a public data set, where to put it and which command comes next."""
    source = SOURCES[name]
    return (
        f'Download {source.download} (official home in docs/data.md); '
        f'{source.place.format(dir=home)}; then run: {source.command}'
        + ('' if home.parent == roots.DEFAULT else f' --data-root {shlex.quote(str(home.parent))}')
    )


def list_names(dataset_dir: Path) -> list[str]:
    """Names of the list files in a data set's folder, sorted."""
    if not dataset_dir.is_dir():
        return []
    return sorted(f.name for f in dataset_dir.iterdir() if LIST_NAME.fullmatch(f.name))


def list_file(dataset_dir: Path, subset: Subset, split: int = 1) -> Path:
    """The list of a subset: ``train.txt`` (or ``train1.txt``) for split 1, else ``trainN.txt``."""
    names = [f'{subset}{split}.txt'] if split != 1 else [f'{subset}.txt', f'{subset}1.txt']
    for name in names:
        if (dataset_dir / name).is_file():
            return dataset_dir / name
    have = ', '.join(list_names(dataset_dir)) or 'none'
    raise UserError(f'{dataset_dir / names[0]}: no such list (lists there: {have})')


def read_classes(dataset_dir: Path) -> list[str]:
    """Class names of a data set, in the order of their labels."""
    path = dataset_dir / 'classes.txt'
    lines = list(read_lines(path))
    first_line: dict[str, int] = {}
    for number, text in lines:
        if text in first_line:
            raise UserError(
                f'{path}:{number}: class {text!r} stands on line {first_line[text]} too'
            )
        first_line[text] = number
    if not lines:
        raise UserError(f'{path}: no classes in it')
    if lines[-1][0] != len(lines):
        raise UserError(f'{path}: has blank lines between classes, so their labels are ambiguous')
    return list(first_line)


def has_labels(dataset_dir: Path) -> bool:
    """Whether a data set has classes to tell apart; else it is one to pretrain on."""
    return len(read_classes(dataset_dir)) > 1


def read_list(path: str | Path, num_classes: int | None = None) -> list[Sample]:
    """Read a list of ``relative/path.mp4 label`` lines; the path may hold spaces.

    Args:
        path: The list.
        num_classes: Number of classes that labels are checked against; None for no upper limit.

    Raises:
        UserError: Names the file and the line at fault.
    """
    path = Path(path)
    samples: list[Sample] = []
    first_line: dict[str, int] = {}
    for number, text in read_lines(path):
        where = f'{path}:{number}'
        fields = text.rsplit(maxsplit=1)
        if len(fields) != 2:
            raise UserError(f'{where}: {text!r} has no label (expected: relative/path.mp4 label)')
        video, field = fields
        if not re.fullmatch(r'-?[0-9]{1,9}', field):
            raise UserError(f'{where}: the label {field!r} is not an integer')
        key = posixpath.normpath(video)
        if key in first_line:
            raise UserError(f'{where}: {video} stands on line {first_line[key]} too')
        first_line[key] = number
        samples.append(Sample(video, int(field), number))
    if not samples:
        raise UserError(f'{path}: the list is empty')
    _check_labels(path, samples, num_classes)
    return samples


def _check_labels(path: Path, samples: list[Sample], num_classes: int | None) -> None:
    low = min(samples, key=lambda s: s.label)
    if low.label < 0:
        raise UserError(f'negative label {low.label} at {path}:{low.line}')
    if num_classes is None:
        return
    bad = next((s for s in samples if s.label >= num_classes), None)
    if bad is None:
        return
    one_based = low.label > 0 and max(s.label for s in samples) == num_classes
    raise UserError(
        f'label {bad.label} at {path}:{bad.line}, allowed 0..{num_classes - 1}'
        + ('; the labels look 1-based' if one_based else f' (classes in {path.parent}/classes.txt)')
    )


def read_lines(path: Path) -> Iterator[tuple[int, str]]:
    """Line numbers and stripped text of the lines that are not blank, read one after the other."""
    number = 0
    with opened(path) as file:
        for chunk in file:
            for line in chunk.splitlines():  # ends of lines may be \n, \r\n or \r
                number += 1
                text = _text(line.removeprefix(MARK) if number == 1 else line, path, number)
                if text:
                    yield number, text


def _text(line: bytes, path: Path, number: int) -> str:
    try:
        text = line.decode('utf-8')
    except UnicodeDecodeError as error:
        raise UserError(f'{path}:{number}: {not_utf8(line)}') from error
    if '\0' in text:
        raise UserError(f'{path}:{number}: {not_utf8(line)}')
    return text.strip()


def check_files(samples: Iterable[Sample], dataset_dir: Path, allowed: float = 0) -> None:
    """Raise a :class:`UserError` if more than ``allowed`` videos of a list are not there."""
    samples = list(samples)
    missing = [s for s in samples if not (dataset_dir / s.path).is_file()]
    if len(missing) > allowed:
        raise UserError(
            f'{len(samples):,} lines read, {len(missing):,} videos not found; the first one tried: '
            f'{dataset_dir / missing[0].path} (line {missing[0].line} of its list)'
        )
