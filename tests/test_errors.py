"""Errors that users cause: one line, with a suggestion where there is one."""

from __future__ import annotations

import errno
import os

import pytest

from mlfo_mm.errors import UserError, cli, did_you_mean


def test_did_you_mean():
    assert did_you_mean('retrival', ['finetune', 'retrieval']) == " (did you mean 'retrieval'?)"
    assert did_you_mean('xyz', iter(['finetune', 'retrieval'])) == ''


def test_a_user_error_is_one_line_and_exit_code_2(capsys):
    @cli
    def main():
        raise UserError('no such file')

    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code == 2 and capsys.readouterr().err == 'error: no such file\n'


def test_a_full_disk_is_one_line_and_a_fault_of_the_code_is_not(capsys):
    @cli
    def main(number):
        raise OSError(number, os.strerror(number), 'a.json')

    with pytest.raises(SystemExit) as end:
        main(errno.ENOSPC)
    assert end.value.code == 2
    assert capsys.readouterr().err == 'error: a.json: No space left on device\n'
    with pytest.raises(BrokenPipeError):
        main(errno.EPIPE)


def test_a_workers_traceback_is_left_out():
    text = f'Caught in worker\nTraceback ...\n{UserError.__module__}.UserError: broken video'
    assert str(UserError(text)) == 'broken video'
