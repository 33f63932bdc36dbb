"""Lists from anywhere: one line that names file and line, or the list; and work that grows as it does."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlfo_mm.datasets.annotation import Sample, read_classes, read_lines, read_list
from mlfo_mm.datasets.check import collect_videos
from mlfo_mm.datasets.leakage import compare_lists
from mlfo_mm.datasets.prepare_folder import prepare_folder
from mlfo_mm.datasets.prepare_official import _kinetics_rows
from mlfo_mm.errors import UserError
from tests.counting import grows_linearly

LINES = 'a/über.mp4 0\nb/x.mp4 1\n'


@pytest.fixture
def listed(tmp_path):
    def write(content: bytes, name: str = 'train.txt') -> Path:
        (tmp_path / name).write_bytes(content)
        return tmp_path / name

    return write


@pytest.mark.parametrize(
    ('content', 'line', 'hint'),
    [
        (LINES.encode('utf-16'), 1, 'UTF-16'),
        (LINES.encode('utf-16-le'), 1, 'UTF-16'),
        (LINES.encode('utf-16-be'), 1, 'UTF-16'),
        (LINES.encode('utf-32'), 1, 'UTF-16'),
        (LINES.encode('latin-1'), 1, 'save it as UTF-8'),
        (b'a.mp4 0\r\nb/\xe9t\xe9.mp4 1\r\n', 2, 'save it as UTF-8'),
        (b'a.mp4 0\nb\0.mp4 1\n', 2, 'UTF-16'),
        (bytes(range(256)), 1, 'not UTF-8'),
    ],
)
def test_other_encodings_are_named_with_the_line(listed, content, line, hint):
    for read, name in ((read_list, 'train.txt'), (lambda p: read_classes(p.parent), 'classes.txt')):
        path = listed(content, name)
        with pytest.raises(UserError, match=hint) as caught:
            read(path)
        assert str(caught.value).startswith(f'{path}:{line}: ')
        assert '\n' not in str(caught.value)


@pytest.mark.parametrize('ends', ['\n', '\r\n', '\r'])
@pytest.mark.parametrize('mark', [b'', b'\xef\xbb\xbf'])
def test_any_line_end_gives_the_same_numbers(listed, ends, mark):
    path = listed(mark + ends.join(['a.mp4 0', '', 'b.mp4 x']).encode())
    with pytest.raises(UserError, match=r"train\.txt:3: the label 'x' is not an integer"):
        read_list(path)


@settings(max_examples=150)
@given(st.binary(max_size=60) | st.text(max_size=40).map(str.encode))
def test_any_bytes_give_a_list_or_one_line(tmp_path_factory, content):
    path = tmp_path_factory.getbasetemp() / 'any.txt'
    path.write_bytes(content)
    try:
        samples = read_list(path, 3)
    except UserError as error:
        assert str(path) in str(error) and '\n' not in str(error)
    else:
        assert all(0 <= sample.label < 3 and sample.path.strip() for sample in samples)


def test_what_is_no_file_does_not_keep_the_reader_waiting(tmp_path):
    os.mkfifo(tmp_path / 'pipe.txt')
    for name in ('pipe.txt', '.', 'none.txt', 'a\0b.txt'):
        with pytest.raises(UserError, match='cannot read'):
            read_list(tmp_path / name)


def test_a_duplicate_is_named_with_both_lines(listed):
    with pytest.raises(UserError, match=r'train\.txt:3: b/\.\./a\.mp4 stands on line 1 too'):
        read_list(listed(b'a.mp4 0\nb.mp4 0\nb/../a.mp4 0\n'))


def test_lines_are_read_one_after_the_other(tmp_path):
    """A list of any length is never in memory twice: the first line comes before the last is read."""
    path = tmp_path / 'train.txt'
    path.write_bytes(b'a.mp4 0\n' * 100_000 + b'\xff\n')
    lines = read_lines(path)
    assert [next(lines) for _ in range(3)] == [(n, 'a.mp4 0') for n in (1, 2, 3)]
    with pytest.raises(UserError, match=r'train\.txt:100001'):
        list(lines)


def test_work_grows_as_the_list(tmp_path):
    def write(size: int, folder: str = 'set', first: int = 0) -> Path:
        path = tmp_path / f'{folder}{size}/train.txt'
        path.parent.mkdir(exist_ok=True)
        (path.parent / 'classes.txt').write_text(''.join(f'class {i}\n' for i in range(size)))
        names = [f'c{i % 7}/v_x_g{first + i:06}_c01.mp4 {i}\n' for i in range(size)]
        path.write_text(''.join(names))
        return path

    def work(read: Callable[[Path], object]):
        return lambda size: partial(read, write(size))

    assert grows_linearly(work(read_list))
    assert grows_linearly(work(lambda path: read_classes(path.parent)))
    assert grows_linearly(work(lambda path: collect_videos(path.parent)))

    def compare(size: int):
        train, test = write(size), write(size, 'other', first=5000)
        return lambda: compare_lists(test, dict(training=train))

    assert grows_linearly(compare)


def test_preparing_grows_as_the_folder(tmp_path):
    def made(size: int):
        root = tmp_path / f'd{size}'
        for index in range(size):
            folder = root / f'videos/class{index % 20}'
            folder.mkdir(parents=True, exist_ok=True)
            (folder / f'v_g{index:05}_c1.mp4').touch()
        return lambda: prepare_folder(root, group_regex=r'_g(\d+)_')

    assert grows_linearly(made, 100)


HEADER = b'label,youtube_id,time_start,time_end\n'


@pytest.mark.parametrize(
    ('content', 'message'),
    [
        (b'', 'no column'),
        (b'\xff\xfe', r'train\.csv:1: not UTF-8'),
        (HEADER + b'a,\xe9,1,2\n', r'train\.csv:2: not UTF-8'),
        (HEADER + b'a,b\n', r'train\.csv:2: expected'),
        (HEADER + b'a,b,1,nan\n', r'train\.csv:2: expected'),
        (HEADER + b'a,b,1,2,3,4,5\n' + b'a,b,-1,2\n', r'train\.csv:3: expected'),
        (HEADER + b'a,"' + b'b' * 200_000 + b'",1,2\n', r'train\.csv:\d+: field larger'),
        (HEADER, 'the list is empty'),
    ],
)
def test_csv_files_of_kinetics(listed, content, message):
    path = listed(content, 'train.csv')
    with pytest.raises(UserError, match=message) as caught:
        _kinetics_rows(path)
    assert '\n' not in str(caught.value)


def test_csv_with_a_mark_and_windows_line_ends(listed):
    content = (b'\xef\xbb\xbf' + HEADER + b'"a, b",abc,1,2\n').replace(b'\n', b'\r\n')
    assert _kinetics_rows(listed(content, 'train.csv')) == [('a, b', 'abc_000001_000002')]


def test_samples_are_plain(listed):
    assert read_list(listed(LINES.encode())) == [
        Sample('a/über.mp4', 0, 1),
        Sample('b/x.mp4', 1, 2),
    ]
