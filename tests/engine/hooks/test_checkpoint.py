"""Checkpoints are whole or not there."""

from __future__ import annotations

import errno
import os

import pytest
import torch

from mlfo_mm.checkpoint_files import by_epoch, by_step, file_name, resumable
from mlfo_mm.engine.hooks.checkpoint import (
    AtomicBackend,
    find_resume,
    last_checkpoint,
    readable,
    refuse_occupied,
)
from mlfo_mm.errors import UserError


def test_full_disk_leaves_the_file_before(tmp_path, monkeypatch):
    path = tmp_path / 'epoch_1.pth'
    AtomicBackend().put(b'good', path)

    def full(_descriptor):
        raise OSError(errno.ENOSPC, 'No space left on device')

    monkeypatch.setattr(os, 'fsync', full)
    with pytest.raises(UserError, match=r'cannot write .*epoch_1.pth: No space left.*--work-dir'):
        AtomicBackend().put(b'better, but too long', path)
    assert path.read_bytes() == b'good'
    assert os.listdir(tmp_path) == ['epoch_1.pth']


def test_kill_before_the_rename_leaves_the_file_before(tmp_path, monkeypatch):
    path = tmp_path / 'last_checkpoint'
    AtomicBackend().put_text('epoch_1.pth', path)

    def killed(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, 'replace', killed)
    with pytest.raises(KeyboardInterrupt):
        AtomicBackend().put_text('epoch_2.pth', path)
    assert path.read_text() == 'epoch_1.pth'


def test_newest_whole_checkpoint(tmp_path):
    for epoch in (2, 9, 10):
        torch.save({'weights': torch.arange(5000)}, tmp_path / f'epoch_{epoch}.pth')
    whole = (tmp_path / 'epoch_10.pth').read_bytes()
    (tmp_path / 'epoch_10.pth').write_bytes(whole[: len(whole) // 2])
    for name in ('epoch_best', 'epoch_11_old', 'epoch_', 'epoch_9_step_3'):
        (tmp_path / f'{name}.pth').write_bytes(whole[:9] if 'step' in name else whole)
    assert sorted(by_epoch(tmp_path)) == [2, 9, 10]
    assert list(by_step(tmp_path).values()) == [tmp_path / file_name(9, 3)]
    assert sorted(resumable(tmp_path)) == [(2, 0), (9, 0), (9, 3), (10, 0)]
    said = []
    assert find_resume(tmp_path, said.append) == tmp_path / 'epoch_9.pth'
    assert [line.partition(' cannot be read whole')[0].rpartition('/')[2] for line in said] == [
        'epoch_10.pth',
        'epoch_9_step_3.pth',
    ]
    assert not readable(tmp_path / 'epoch_10.pth')
    assert find_resume(tmp_path / 'none') is None


def test_a_work_directory_means_its_last_whole_epoch(tmp_path):
    with pytest.raises(UserError, match='no whole checkpoint'):
        last_checkpoint(tmp_path)
    for epoch in (9, 10):
        torch.save({}, tmp_path / f'epoch_{epoch}.pth')
    torch.save({}, tmp_path / 'epoch_10_step_3.pth')
    assert last_checkpoint(tmp_path) == tmp_path / 'epoch_10.pth'
    (tmp_path / 'epoch_10.pth').write_bytes(b'half')
    assert last_checkpoint(tmp_path) == tmp_path / 'epoch_9.pth'
    assert last_checkpoint(tmp_path / 'epoch_10.pth') == tmp_path / 'epoch_10.pth'


def test_what_is_no_file_is_passed_over(tmp_path):
    torch.save({'weights': torch.ones(1)}, tmp_path / 'epoch_1.pth')
    os.mkfifo(tmp_path / 'epoch_2.pth')  # reading it would wait for ever
    (tmp_path / 'epoch_3.pth').mkdir()
    said = []
    assert find_resume(tmp_path, said.append) == tmp_path / 'epoch_1.pth'
    assert len(said) == 2


def test_an_earlier_run_is_not_written_over(tmp_path):
    (tmp_path / 'epoch_best.pth').write_bytes(b'')
    (tmp_path / 'epoch_1.pth').write_bytes(b'half of it')
    refuse_occupied(tmp_path)  # nothing that could be gone on with
    torch.save({'weights': torch.ones(1)}, tmp_path / 'epoch_1.pth')
    with pytest.raises(UserError, match=r'up to epoch_1\.pth: --resume goes on .* --work-dir'):
        refuse_occupied(tmp_path)
