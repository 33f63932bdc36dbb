"""The digest of a list follows its lines, classes and videos; no video is read twice without need."""

from __future__ import annotations

import hashlib
import json
import os
import time
from pathlib import Path

import pytest

from mlfo_mm.datasets import content
from mlfo_mm.datasets.content import GONE, hash_video, list_facts, remembered


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv(content.VARIABLE, str(tmp_path / 'cache'))
    return tmp_path / 'cache'


@pytest.fixture
def folder(tmp_path) -> Path:
    """A data set of three videos that were written long ago."""
    folder = tmp_path / 'root/mine'
    (folder / 'videos/a').mkdir(parents=True)
    (folder / 'classes.txt').write_text('one\ntwo\n')
    names = ['videos/a/x.mp4', 'videos/a/y z.mp4', 'videos/a/w.mp4']
    for name in names:
        (folder / name).write_text(name)
    (folder / 'train.txt').write_text(''.join(f'{n} {i % 2}\n' for i, n in enumerate(names)))
    return folder


@pytest.fixture
def aged(monkeypatch):
    """Nothing is fresh."""
    monkeypatch.setattr(content, 'FRESH', -1.0)


def digest(folder: Path) -> str:
    return list_facts(folder / 'train.txt')['content']


def test_facts_of_a_list(folder):
    facts = list_facts(folder / 'train.txt')
    assert (facts['file'], facts['videos']) == ('mine/train.txt', 3)
    assert len(facts['sha256']) == len(facts['content']) == 64


def test_what_changes_the_digest(folder):
    found = {digest(folder)}
    path = folder / 'train.txt'
    lines = path.read_text().splitlines(keepends=True)
    path.write_text(''.join(lines[:2]))
    found.add(digest(folder))
    path.write_text(''.join(lines[::-1]))
    found.add(digest(folder))
    path.write_text(''.join(lines).replace(' 1\n', ' 0\n'))
    found.add(digest(folder))
    path.write_text(''.join(lines))
    (folder / 'videos/a/w.mp4').write_text('videos/a/W.mp4')  # of the same size
    found.add(digest(folder))
    (folder / 'videos/a/w.mp4').unlink()
    found.add(digest(folder))
    (folder / 'classes.txt').write_text('one\nthree\n')
    found.add(digest(folder))
    assert len(found) == 7


def test_what_does_not(folder, tmp_path):
    first = digest(folder)
    for path in folder.rglob('*'):
        path.touch()
    path = folder / 'train.txt'
    path.write_text('\ufeff' + path.read_text().replace('\n', '\r\n\n'))
    folder.parent.rename(tmp_path / 'elsewhere')
    assert digest(tmp_path / 'elsewhere/mine') == first


def test_a_video_is_read_once(folder, aged, monkeypatch):
    read = []
    monkeypatch.setattr(content, 'hash_video', lambda path: read.append(path) or hash_video(path))
    first = digest(folder)
    assert digest(folder) == first and len(read) == 3
    changed = folder / 'videos/a/x.mp4'
    times = changed.stat().st_atime_ns, changed.stat().st_mtime_ns
    time.sleep(0.02)  # the clock of a file system has ticks
    changed.write_text('videos/a/X.mp4')
    os.utime(changed, ns=times)  # size and time are as they were
    assert digest(folder) != first and read[3:] == [str(changed)]
    other = folder / 'videos/a/w.mp4'
    other.with_name('new').write_text('videos/a/W.mp4')
    os.utime(other.with_name('new'), ns=(other.stat().st_atime_ns, other.stat().st_mtime_ns))
    os.replace(other.with_name('new'), other)
    digest(folder)
    assert read[4:] == [str(other)]


def test_what_was_written_a_moment_ago_is_not_remembered(folder, cache):
    digest(folder)
    assert not list(cache.rglob('*.json'))
    for path in folder.rglob('*.mp4'):
        os.utime(path, ns=(0, 0))  # the time of the change cannot be set back
    digest(folder)
    assert not list(cache.rglob('*.json'))


def test_times_in_the_future_are_remembered(folder, cache, monkeypatch):
    later = time.time() + 100
    for path in folder.rglob('*.mp4'):
        os.utime(path, (later + 1e6, later + 1e6))  # of a camera whose clock is wrong
    monkeypatch.setattr(content.time, 'time', lambda: later)
    digest(folder)
    (kept,) = cache.rglob('*.json')
    assert len(json.loads(kept.read_text())) == 3


@pytest.mark.parametrize('text', ['', '[1]', '{"a": 3}', '{"a": [1]}', '[' * 100_000])
def test_a_spoilt_cache_is_none(text, folder, cache, aged):
    first = digest(folder)
    for path in cache.rglob('*.json'):
        path.write_text(text)
    assert digest(folder) == first


def test_a_cache_that_cannot_be_written(folder, tmp_path, monkeypatch, aged):
    first = digest(folder)
    (tmp_path / 'file').touch()
    monkeypatch.setenv(content.VARIABLE, str(tmp_path / 'file'))
    assert digest(folder) == first


def test_a_user_without_a_home(folder, tmp_path, monkeypatch, aged):
    first = digest(folder)
    for variable in (content.VARIABLE, 'XDG_CACHE_HOME'):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr(content.os.path, 'expanduser', lambda path: path)
    monkeypatch.chdir(tmp_path)
    assert digest(folder) == first
    assert not (tmp_path / '~').exists()


def test_every_byte_of_a_large_video_counts(tmp_path, monkeypatch):
    monkeypatch.setattr(content, 'BLOCK', 100)
    path = tmp_path / 'a.mp4'
    data = bytearray(range(256)) * 4
    found = set()
    for place in (None, 0, 99, 100, 512 + 73, 1023):
        spoilt = bytearray(data)
        if place is not None:
            spoilt[place] ^= 1
        path.write_bytes(spoilt)
        found.add(hash_video(str(path)))
    path.write_bytes(data + b'0')
    found.add(hash_video(str(path)))
    assert len(found) == 7


def test_the_digest_that_records_hold(tmp_path):
    """That of a file is its SHA-256 with its size before it: shipped records were made so."""
    path = tmp_path / 'a.mp4'
    path.write_bytes(b'abc' * 700_000)
    assert hash_video(str(path)) == hashlib.sha256(b'2100000\n' + path.read_bytes()).hexdigest()


def test_what_could_not_be_read_is_asked_again(folder, aged):
    """A disk may fail for a moment, a busy machine be too slow."""
    path = str(folder / 'videos/a/x.mp4')
    answers = iter([GONE, 'there', 'never asked'])
    for expected in (GONE, 'there', 'there'):
        assert remembered([path], 'x', lambda _: next(answers), 'x') == {path: expected}


def test_what_is_no_file_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / 'pipe.mp4')
    (tmp_path / 'folder.mp4').mkdir()
    (tmp_path / 'loop.mp4').symlink_to('loop.mp4')
    paths = [str(tmp_path / f'{name}.mp4') for name in ('pipe', 'folder', 'loop', 'none', 'a\0b')]
    assert set(remembered(paths, 'bytes', hash_video, 'x').values()) == {GONE}
