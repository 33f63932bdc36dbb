"""Which videos are of one source: they stay in one list when a folder is split."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from mlfo_mm.datasets.content import stamp
from mlfo_mm.datasets.leakage import group_of
from mlfo_mm.errors import UserError
from mlfo_mm.files import file_sha256

Groups = dict[str, list[str]]


def find_groups(
    folder: Path, videos: Sequence[str], regex: str | None = None
) -> tuple[Groups, list[str]]:
    """Videos by their group: what a regular expression finds, else what a name tells, else its own.

    Args:
        folder: Of the videos.
        videos: Paths below it.
        regex: Its first group, or the whole match, names a video's group.

    Returns:
        The groups, and notes on what was found.

    Raises:
        UserError: The regular expression is broken, or finds nothing in any video.
    """
    try:
        pattern = None if regex is None else re.compile(regex)
    except re.error as error:
        raise UserError(f'--group-regex {regex!r}: {error}') from error
    groups: Groups = defaultdict(list)
    by_regex, alone = 0, 0
    for video in videos:
        match = pattern.search(video) if pattern else None
        name = match.group(1 if match.re.groups else 0) if match else None
        by_regex += name is not None
        name = name if name is not None else group_of(folder, video)
        alone += name is None
        groups[f'file {video}' if name is None else f'group {name}'].append(video)
    if pattern and not by_regex:
        raise UserError(
            f'--group-regex {regex!r} finds no group in {folder / videos[0]}, nor in others'
        )
    notes = []
    if 0 < alone < len(videos):
        notes.append(
            f'{alone:,} of {len(videos):,} videos are in no group by their names: each is its own'
        )
    copies = _join_copies(folder, groups)
    if copies:
        notes.append(f'{copies:,} videos are copies of others, byte for byte: kept in one list')
    return dict(groups), notes


def _join_copies(folder: Path, groups: Groups) -> int:
    """Make one group of those that hold the same file; says how many files are copies."""
    by_size: dict[int, list[tuple[str, str]]] = defaultdict(list)
    for name, members in groups.items():
        for video in members:
            found = stamp(folder / video)
            if found is not None and found[0] > 0:
                by_size[found[0]].append((video, name))
    copies = 0
    now: dict[str, str] = {}  # groups that became part of another
    for same in by_size.values():
        first: dict[str, str] = {}
        for video, name in same if len(same) > 1 else ():
            digest = file_sha256(folder / video)
            copies += digest in first
            into, part = _follow(now, first.setdefault(digest, name)), _follow(now, name)
            if into != part:
                groups[into] += groups.pop(part)
                now[part] = into
    return copies


def _follow(now: dict[str, str], name: str) -> str:
    while name in now:
        name = now[name]
    return name
