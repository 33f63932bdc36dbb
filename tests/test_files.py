"""A kill between write and rename must leave the old file whole."""

from __future__ import annotations

import errno
import hashlib
import os

import pytest

from mlfo_mm.errors import UserError
from mlfo_mm.files import (
    disk_errors,
    file_sha256,
    no_formula,
    opened,
    read_text,
    remove_leftovers,
    stay_inside,
    write_atomic,
)


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


def test_read_text(tmp_path):
    path = tmp_path / 'a.txt'
    path.write_bytes(b'\xef\xbb\xbfone\r\n\xc3\xbc')
    assert read_text(path) == 'one\r\nü'
    path.write_bytes(b'one\ntwo \xff')
    with pytest.raises(UserError, match=r'a\.txt:2: not UTF-8 text; save it as UTF-8'):
        read_text(path)
    os.mkfifo(tmp_path / 'pipe')
    for name in ('pipe', '.', 'none', 'a\0'):
        with pytest.raises(UserError, match='cannot read'):
            read_text(tmp_path / name)
        with pytest.raises(UserError, match='cannot read'), opened(tmp_path / name):
            pass


def test_a_disk_that_fails_while_a_file_is_read(tmp_path):
    (tmp_path / 'a').touch()
    said = r'^cannot read .*a: Input/output error$'
    with pytest.raises(UserError, match=said), opened(tmp_path / 'a'):
        raise OSError(errno.EIO, os.strerror(errno.EIO))


def test_stay_inside(tmp_path):
    (tmp_path / 'in').mkdir()
    (tmp_path / 'in/out').symlink_to(tmp_path)
    (tmp_path / 'in/loop').symlink_to('loop')
    stay_inside(tmp_path / 'in/a/../b', tmp_path / 'in')
    stay_inside(tmp_path / 'in/out/in/x', tmp_path / 'in')
    for path in ('in/../x', 'in/out/x', 'x'):
        with pytest.raises(UserError, match='leads out of'):
            stay_inside(tmp_path / path, tmp_path / 'in')


def test_leftovers_of_a_kill_go_but_not_what_is_being_written(tmp_path):
    names = ['.epoch_1.pth.0a1b.tmp', '.epoch_2.pth.0a1c.tmp', '.hidden', 'epoch_1.pth', 'a.tmp']
    for name in names:
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (0, 0))
    os.utime(tmp_path / names[1])
    remove_leftovers(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(names[1:])


def test_hash_of_a_file_larger_than_what_is_read_at_once(tmp_path):
    path = tmp_path / 'a'
    for data in (b'', b'x', bytes(range(256)) * 5000):
        path.write_bytes(data)
        assert file_sha256(path) == hashlib.sha256(data).hexdigest()


@pytest.mark.parametrize('sign', [*'=+-@', *'\uff1d\uff0b\uff0d\uff20'])
def test_no_cell_is_computed(sign):
    assert no_formula(f'{sign}1') == f"'{sign}1"
    assert no_formula(f' {sign}1').startswith("' ")
    assert no_formula(f'a{sign}1') == f'a{sign}1'
