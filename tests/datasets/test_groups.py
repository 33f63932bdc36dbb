"""What keeps videos of one source together."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlfo_mm.datasets.groups import find_groups
from mlfo_mm.errors import UserError

NAMES = ['a/v_a_g01_c01.mp4', 'a/v_a_g01_c02.mp4', 'a/dQw4w9WgXcQ_000001_000011.mp4', 'a/s1_x.mp4']
NAMES += ['b/dQw4w9WgXcQ_000050_000060.mp4', 'b/s1_y.mp4', 'b/plain.mp4']


def parts(groups: dict[str, list[str]]) -> list[list[int]]:
    return sorted(sorted(NAMES.index(video) for video in videos) for videos in groups.values())


def test_names_then_each_alone(tmp_path: Path):
    groups, notes = find_groups(tmp_path, NAMES)
    assert parts(groups) == [[0, 1], [2, 4], [3], [5], [6]]
    assert notes == ['3 of 7 videos are in no group by their names: each is its own']


def test_a_regular_expression_comes_first_and_leaves_the_rest_to_the_names(tmp_path: Path):
    groups, notes = find_groups(tmp_path, NAMES, r'/(s\d+)_')
    assert parts(groups) == [[0, 1], [2, 4], [3, 5], [6]]
    assert notes == ['1 of 7 videos are in no group by their names: each is its own']
    assert parts(find_groups(tmp_path, NAMES, r'^a')[0]) == [[0, 1, 2, 3], [4], [5], [6]]


def test_copies_are_of_one_group(tmp_path: Path):
    contents = dict(zip(NAMES, ['1', '2', '3', '4', '2', '6', ''], strict=True))
    for name, text in contents.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    (tmp_path / 'a/empty.mp4').touch()
    groups, notes = find_groups(tmp_path, NAMES)
    assert parts(groups) == [[0, 1, 2, 4], [3], [5], [6]]
    assert notes[-1] == '1 videos are copies of others, byte for byte: kept in one list'


@pytest.mark.parametrize(
    ('regex', 'message'), [('_s(', r"--group-regex '_s\('"), ('nowhere', 'finds no group in')]
)
def test_errors(regex: str, message: str, tmp_path: Path):
    with pytest.raises(UserError, match=message):
        find_groups(tmp_path, NAMES, regex)
