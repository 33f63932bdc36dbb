"""From videos as their archives unpack to the standard layout: what all data sets share."""

from __future__ import annotations

import os
import shlex
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from mlfo_mm.datasets.annotation import Sample, list_names, source_hint
from mlfo_mm.datasets.leakage import check_leakage
from mlfo_mm.errors import UserError
from mlfo_mm.files import write_atomic
from mlfo_mm.roots import data_roots

FIRST_RUN = 'mlfo/r3d18@mini'  # what is tried first on videos of one's own
VIDEO_SUFFIXES = {
    '.3g2', '.3gp', '.apng', '.asf', '.avi', '.divx', '.dv', '.f4v', '.flv', '.gif', '.h264', '.hevc',
    '.ivf', '.m1v', '.m2t', '.m2ts', '.m2v', '.m4v', '.mjpeg', '.mjpg', '.mkv', '.mod', '.mov', '.mp4',
    '.mpe', '.mpeg', '.mpg', '.mpv', '.mts', '.mxf', '.nut', '.ogg', '.ogm', '.ogv', '.qt', '.rm',
    '.rmvb', '.swf', '.tod', '.trp', '.ts', '.vob', '.webm', '.wmv', '.wtv', '.xvid', '.y4m',
}  # fmt: skip
ARCHIVE_SUFFIXES = {'.rar', '.zip', '.gz', '.tgz', '.tar', '.7z'}


class Prepared(NamedTuple):
    """A data set in memory.

    Attributes:
        videos: Folder of the videos.
        classes: Class names in the order of their labels.
        lists: List files by name ('train1.txt'), as (path below ``videos``, label) pairs.
        notes: What the user should know, a line each.
    """

    videos: Path
    classes: list[str]
    lists: dict[str, list[tuple[str, int]]]
    notes: list[str]


def scan_videos(folder: Path, others: Counter[str] | None = None) -> list[str]:
    """Paths of all videos below a folder, relative to it, sorted; hidden files are left out.

    Args:
        folder: To look in.
        others: Takes up the suffixes of the files in its folders that are no videos.
    """
    found = []
    for parent, folders, files in os.walk(folder, followlinks=True):
        below = Path(parent).relative_to(folder)
        way = [folder / each for each in (below, *below.parents)]
        folders[:] = [
            d for d in folders if not d.startswith('.') and not _leads_back(Path(parent, d), way)
        ]
        for file in files:
            suffix = os.path.splitext(file)[1].lower()
            if file.startswith('.'):
                continue
            if suffix in VIDEO_SUFFIXES:
                found.append((below / file).as_posix())
            elif others is not None and below.parts:
                others[suffix or 'no suffix'] += 1
    return sorted(found)


def _leads_back(path: Path, way: Iterable[Path]) -> bool:
    """Whether a folder is a link to one that holds a folder on the way to it: without an end."""
    if not path.is_symlink():
        return False
    target = path.resolve()
    return any(each.resolve().is_relative_to(target) for each in way)


def note_left_out(others: Counter[str]) -> list[str]:
    """A line on the files that :func:`scan_videos` left out, if any."""
    if not others:
        return []
    most = sorted(others.items(), key=lambda each: (-each[1], each[0]))
    named = ', '.join(f'{count:,} {suffix}' for suffix, count in most)
    return [f'{others.total():,} files are no videos by their suffix; left out: {named}']


def locate_videos(
    name: str,
    dataset_dir: Path,
    given: Path | None,
    candidates: Sequence[str],
    others: Counter[str] | None = None,
) -> tuple[Path, list[str]]:
    """The folder with the videos of a public data set, and the videos in it.

    Args:
        name: The data set, for the message on what to download.
        dataset_dir: Its folder.
        given: The user's choice of the folder, if any.
        candidates: Folders below ``dataset_dir`` to try otherwise.
        others: As in :func:`scan_videos`.
    """
    folders = [given] if given else [dataset_dir / c for c in candidates]
    for folder in folders:
        videos = scan_videos(folder, others)
        if videos:
            return folder, videos
    for folder in folders:
        packed = sorted(_archives(folder))
        if packed:
            raise UserError(
                f'{folder} holds archives but no videos ({packed[0]}, {len(packed)} in all): '
                f'unpack them there (unrar x, unzip or tar xf) and run this command again. '
                + source_hint(name, dataset_dir)
            )
    looked = ', '.join(str(f) for f in folders)
    raise UserError(f'no videos in {looked}. {source_hint(name, dataset_dir)}')


def _archives(folder: Path) -> Iterable[str]:
    if not folder.is_dir():
        return ()
    return (f.name for f in folder.iterdir() if f.suffix.lower() in ARCHIVE_SUFFIXES)


def match_videos(
    listed: dict[str, list[tuple[str, int]]],
    videos: Sequence[str],
    folder: Path,
    allow_missing: bool,
) -> tuple[dict[str, list[tuple[str, int]]], list[str]]:
    """Replace each listed ``Class/name.avi`` by the video that is there, whatever its container.

    Args:
        listed: List files by name, as (path, label) pairs.
        videos: Videos found below ``folder``.
        folder: The folder, for messages.
        allow_missing: Leave videos that are not there out, with a note, instead of failing.
    """
    exact = set(videos)
    by_key: dict[tuple[str, str], str] = {}
    for video in videos:
        by_key.setdefault(_key(video), video)
    matched: dict[str, list[tuple[str, int]]] = {}
    notes = []
    for name, entries in listed.items():
        found = [(v if v in exact else by_key.get(_key(v)), label) for v, label in entries]
        matched[name] = [(v, label) for v, label in found if v is not None]
        missing = [v for (v, _), (hit, _) in zip(entries, found, strict=True) if hit is None]
        if not missing:
            continue
        problem = (
            f'{name}: {len(missing):,} of {len(entries):,} listed videos are not in {folder}, '
            f'the first is {missing[0]}'
        )
        if not allow_missing or not matched[name]:
            raise UserError(f'{problem}; complete the folder, or leave them out by --allow-missing')
        notes.append(f'{problem}; left out')
    return matched, notes


def _key(video: str) -> tuple[str, str]:
    path = Path(video)
    return path.parent.name.casefold(), path.stem


def write_dataset(dataset_dir: Path, prepared: Prepared, overwrite: bool = False) -> list[str]:
    """Write ``classes.txt`` and the lists; ``train.txt`` and ``test.txt`` repeat split 1.

    Lists that are there and differ are kept unless ``overwrite`` is set. Videos outside the folder
    get a link ``videos`` in it, so that the lists are the same on every machine.

    Returns:
        Lines for the user: the notes, and what was written.
    """
    lists = dict(prepared.lists)
    for subset in ('train', 'test'):
        if f'{subset}1.txt' in lists:
            lists[f'{subset}.txt'] = lists[f'{subset}1.txt']
    prefix = _list_prefix(dataset_dir, prepared.videos)
    texts = {n: _text(n, [f'{prefix}{v} {y}' for v, y in e]) for n, e in sorted(lists.items())}
    texts['classes.txt'] = _text('classes.txt', prepared.classes)
    for name, entries in lists.items():
        if name.startswith('train'):
            other = lists.get(name.replace('train', 'test'), [])
            check_leakage(_samples(entries), _samples(other), dataset_dir)
    stale = [
        n for n in list_names(dataset_dir) if n in ('train.txt', 'test.txt') and n not in texts
    ]
    if not overwrite:
        _refuse_to_change(dataset_dir, texts, stale)
    for name in stale:
        (dataset_dir / name).unlink()
    if prefix == 'videos/':
        _link_videos(dataset_dir, prepared.videos, overwrite)
    for name, text in texts.items():
        write_atomic(dataset_dir / name, text)
    counts = [f'{dataset_dir / n}: {len(e):,} videos' for n, e in sorted(lists.items())]
    classes = f'{len(prepared.classes)} classes' if len(prepared.classes) > 1 else 'no labels'
    return [*prepared.notes, f'{dataset_dir}: {classes}', *counts]


def next_steps(name: str, data_root: Path | None, own: bool) -> list[str]:
    """What to type once a data set is prepared.

    Args:
        name: Of the data set.
        data_root: As it was named; None where it was not.
        own: It has no published counts: it can be trained on as it is.
    """
    root = [] if data_root is None else ['--data-root', str(data_root)]
    check = f'python tools/data/check_videos.py {shlex.join([name, *root])}'
    if not own:
        return [f'next: {check}']
    known = data_root is None or data_root in data_roots()
    where = '' if known else f'MLFO_DATA_ROOT={shlex.quote(str(data_root.absolute()))} '
    return [
        f'to decode each video once and name the broken ones: {check}',
        f'next: {where}python tools/train.py {FIRST_RUN} --dataset {shlex.quote(name)}',
    ]


def _samples(entries: Iterable[tuple[str, int]]) -> list[Sample]:
    return [Sample(video, label, line) for line, (video, label) in enumerate(entries, 1)]


def _list_prefix(dataset_dir: Path, videos: Path) -> str:
    """What stands before a video's path in a list."""
    home, folder = dataset_dir.resolve(), videos.resolve()
    if not folder.is_relative_to(home):
        return 'videos/'
    below = folder.relative_to(home).as_posix()
    return '' if below == '.' else f'{below}/'


def _text(name: str, lines: Sequence[str]) -> str:
    """Join lines that a reader will give back as they are."""
    if not lines:
        raise UserError(f'{name} would be empty')
    for line in lines:
        if '\n' in line or '\r' in line or line.strip() != line:
            raise UserError(f'{name}: rename {line!r}, its spaces or line breaks would be lost')
        try:
            line.encode('utf-8')
        except UnicodeEncodeError as error:
            raise UserError(f'{name}: rename {line!r}, it is not UTF-8') from error
    return ''.join(f'{line}\n' for line in lines)


def _refuse_to_change(dataset_dir: Path, texts: dict[str, str], stale: list[str]) -> None:
    if stale:
        raise UserError(
            f'{dataset_dir / stale[0]} is there and would be none; remove it by --overwrite'
        )
    for name, text in texts.items():
        path = dataset_dir / name
        if path.is_file() and path.read_bytes() != text.encode('utf-8'):
            raise UserError(f'{path} is there and differs; replace it by --overwrite')


def _link_videos(dataset_dir: Path, videos: Path, overwrite: bool) -> None:
    """Make ``<dataset_dir>/videos`` a link to the folder of the videos."""
    link = dataset_dir / 'videos'
    if link.resolve() == videos.resolve():
        return
    if dataset_dir.resolve().is_relative_to(videos.resolve()):
        raise UserError(f'{dataset_dir} lies within the videos in {videos}: choose another root')
    if link.is_symlink() and overwrite:
        link.unlink()
    elif link.is_symlink():
        raise UserError(f'{link} links to {link.resolve()}; replace it by --overwrite')
    elif link.exists():
        raise UserError(
            f'{link} is there, so the videos in {videos} cannot be linked: move it away'
        )
    try:
        dataset_dir.mkdir(parents=True, exist_ok=True)
        link.symlink_to(videos.resolve(), target_is_directory=True)
    except OSError as error:
        raise UserError(
            f'cannot link {link} to {videos} ({error.strerror}); put the videos there instead'
        ) from error
