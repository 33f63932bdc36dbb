"""A kill between write and rename must leave the old file whole."""

from __future__ import annotations

import errno
import os

import pytest

from mlfo_mm.errors import UserError
from mlfo_mm.files import disk_errors, write_atomic


def test_writes_and_replaces(tmp_path):
    path = write_atomic(tmp_path / 'new' / 'a.txt', 'one\n')
    assert write_atomic(path, 'two\r\nü\n').read_bytes() == 'two\r\nü\n'.encode()
    assert [item.name for item in path.parent.iterdir()] == ['a.txt']


@pytest.mark.parametrize('step', ['replace', 'fsync'])
def test_interrupted_write_keeps_the_old_file(tmp_path, monkeypatch, step):
    path = write_atomic(tmp_path / 'a.txt', 'old')

    def killed(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, step, killed)
    with pytest.raises(KeyboardInterrupt):
        write_atomic(path, 'new')
    monkeypatch.undo()
    assert path.read_text() == 'old'
    assert [item.name for item in tmp_path.iterdir()] == ['a.txt']


def test_the_text_is_on_disk_before_the_rename(tmp_path, monkeypatch):
    steps = []
    fsync, replace = os.fsync, os.replace
    monkeypatch.setattr(os, 'fsync', lambda file: (steps.append('sync'), fsync(file)))
    monkeypatch.setattr(os, 'replace', lambda a, b: (steps.append('rename'), replace(a, b)))
    write_atomic(tmp_path / 'a.txt', 'x')
    assert steps == ['sync', 'rename', 'sync']


def test_unwritable_folder_is_a_user_error(tmp_path):
    (tmp_path / 'file').write_text('in the way')
    with pytest.raises(UserError, match=r'cannot write .*a\.txt'):
        write_atomic(tmp_path / 'file' / 'a.txt', 'x')


def test_write_atomic_replaces_and_leaves_nothing_behind(tmp_path):
    path = tmp_path / 'new' / 'x.txt'
    write_atomic(path, 'one\n')
    write_atomic(path, 'two\n')
    assert path.read_bytes() == b'two\n'
    with pytest.raises(UnicodeEncodeError):
        write_atomic(path, 'lost \udcff\n')
    assert path.read_bytes() == b'two\n'
    assert [f.name for f in path.parent.iterdir()] == ['x.txt']


def test_bytes(tmp_path):
    assert write_atomic(tmp_path / 'b', b'\x00\xff').read_bytes() == b'\x00\xff'


def test_disk_errors_of_libraries_become_one_line(tmp_path):
    with pytest.raises(UserError, match=rf'^{tmp_path}/a/b: Not a directory; free space$'):
        (tmp_path / 'a').touch()
        with disk_errors('here', 'free space'):
            (tmp_path / 'a/b').write_text('x')
    here = disk_errors('here', 'free space')
    with pytest.raises(UserError, match=r'^here: No space left on device; free space$'), here:
        raise OSError(errno.ENOSPC, 'No space left on device')
    with pytest.raises(ConnectionResetError), disk_errors('here', 'free space'):
        raise ConnectionResetError
