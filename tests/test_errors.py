"""Errors that users cause: one line, with a suggestion where there is one."""

from __future__ import annotations

import errno
import os
import sys

import pytest

from mlfo_mm import errors
from mlfo_mm.errors import (
    UserError,
    did_you_mean,
    line_of,
    printable,
    printable_lines,
    reason_of,
)


def test_did_you_mean():
    assert did_you_mean('retrival', ['finetune', 'retrieval']) == " (did you mean 'retrieval'?)"
    assert did_you_mean('xyz', iter(['finetune', 'retrieval'])) == ''


@pytest.mark.parametrize(
    'number', [errno.ENOSPC, errno.ENOENT, errno.ENAMETOOLONG, errno.ELOOP, errno.EROFS]
)
def test_what_a_disk_refuses_names_the_file(number):
    error = OSError(number, os.strerror(number), 'a.json')
    assert line_of(error) == f'a.json: {os.strerror(number)}'
    # a DataLoader gives its workers' errors back as texts
    told = OSError(
        f'Caught OSError in DataLoader worker process 0.\nTraceback ...\nOSError: {error}'
    )
    assert line_of(told) == f'a.json: {os.strerror(number)}'
    assert line_of(OSError(number, os.strerror(number))) == os.strerror(number)


class OutOfMemoryError(RuntimeError):
    """As torch calls it."""


@pytest.mark.parametrize(
    ('error', 'remedy'),
    [
        (RuntimeError('DataLoader worker (pid 17) is killed by signal: Killed. '), 'batch_size'),
        (RuntimeError('DataLoader worker (pid(s) 17, 18) exited unexpectedly'), 'num_workers'),
        (
            RuntimeError(
                'DataLoader worker (pid 1) is killed by signal: Bus error. It is possible that '
                "dataloader's workers are out of shared memory."
            ),
            '--shm-size',
        ),
        (RuntimeError('unable to write to file </torch_17_1_0>: No space left'), '--shm-size'),
        (RuntimeError('unable to allocate shared memory(shm) for file </torch_1>'), '--shm-size'),
        (
            OutOfMemoryError('CUDA out of memory. Tried to allocate 2.00 GiB'),
            'memory is not enough',
        ),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried"), 'memory is not'),
        (MemoryError(), 'memory is not enough'),
        (OSError(errno.ENOMEM, os.strerror(errno.ENOMEM)), 'memory is not enough'),
        (RuntimeError('server socket has failed to listen: EADDRINUSE'), 'PORT'),
        (OSError(errno.EADDRINUSE, os.strerror(errno.EADDRINUSE)), 'PORT'),
        (OSError(errno.EMFILE, os.strerror(errno.EMFILE)), 'ulimit -n'),
        (RuntimeError('received 0 items of ancdata'), 'ulimit -n'),
        (ImportError('Please run "pip install wandb" to install wandb'), 'pip install wandb'),
        (ModuleNotFoundError("No module named 'rich'", name='rich'), '.venv/bin/activate'),
    ],
)
def test_what_a_system_refuses_says_what_helps(error, remedy):
    assert remedy in line_of(error) and '\n' not in line_of(error)


@pytest.mark.parametrize(
    'error',
    [
        ValueError('a fault'),
        RuntimeError('mat1 and mat2 shapes cannot be multiplied'),
        ImportError('cannot import name', name='mlfo_mm.files'),
        OSError(errno.EINVAL, 'Invalid argument'),
    ],
)
def test_a_fault_of_the_code_is_none(error):
    assert line_of(error) is None
    assert reason_of(error) == f'{type(error).__name__}: {error}'


def test_a_workers_traceback_is_left_out():
    text = f'Caught in worker\nTraceback ...\n{UserError.__module__}.UserError: broken video'
    assert str(UserError(text)) == 'broken video'


def test_foreign_text_is_printable():
    """Names in files may hold what moves a terminal's cursor, turns it around, or is endless."""
    assert str(UserError('key \x1b[2Ja\u202eb\udcff\x07: é')) == (
        r'key \x1b[2Ja\u202eb\udcff\x07: é'
    )
    assert str(UserError('two\r\n  lines')) == 'two lines'
    assert str(UserError('a  b')) == 'a  b'  # a path
    long = str(UserError('head ' + 'x' * 5_000_000 + ' tail'))
    assert len(long) < 2100 and long.startswith('head x') and long.endswith('x tail')
    assert printable('y' * 99, 20) == 'y' * 15 + ' ... ' + 'y' * 5


def test_the_environment_that_was_made_is_named(monkeypatch, tmp_path):
    monkeypatch.setattr(errors, 'ROOT', tmp_path)
    monkeypatch.setattr(sys, 'prefix', sys.base_prefix)
    monkeypatch.setattr(errors, 'INSTALLED', True)  # without a checkout
    assert errors.environment().startswith('python -m pip install ')
    monkeypatch.setattr(errors, 'INSTALLED', False)
    assert errors.environment().startswith(f'make install in {tmp_path}')
    (tmp_path / '.venv/bin').mkdir(parents=True)
    (tmp_path / '.venv/bin/activate').touch()
    assert errors.environment() == f'source {tmp_path}/.venv/bin/activate'
    monkeypatch.setattr(sys, 'prefix', '/another')
    assert errors.environment().startswith('make install')


def test_names_in_lines_move_no_cursor():
    assert printable_lines('a\x1b[2K\nb\rc\t\u202ed') == 'a\\x1b[2K\nb c\\t\\u202ed'
