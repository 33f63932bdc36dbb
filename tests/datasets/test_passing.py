"""Samples arrive from a worker as they left it, small ones without a file of shared memory."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from multiprocessing.reduction import ForkingPickler
from pathlib import Path

import pytest
import torch
from torch.multiprocessing.reductions import reduce_tensor
from torch.utils.data import DataLoader, Dataset

from mlfo_mm.datasets.passing import LARGEST, pass_small_by_value, reduce

TENSORS = (
    torch.tensor(3),
    torch.arange(24, dtype=torch.uint8).view(2, 3, 4).transpose(0, 2),
    torch.zeros(0, 3),
    torch.randn(5, generator=torch.Generator().manual_seed(0)),
    torch.randn(5).bfloat16(),
    torch.zeros(LARGEST + 1, dtype=torch.uint8),
)


class Samples(Dataset):
    """Each of the tensors."""

    def __len__(self) -> int:
        return len(TENSORS)

    def __getitem__(self, index: int) -> dict:
        pass_small_by_value()
        sent = reduce(TENSORS[index])[0] is torch.from_numpy
        return dict(values=TENSORS[index], by_value=sent)


def test_what_a_worker_sends_arrives():
    before = ForkingPickler._extra_reducers[torch.Tensor]
    batches = list(DataLoader(Samples(), batch_size=2, num_workers=1, collate_fn=list))
    got = [sample['values'] for batch in batches for sample in batch]
    for one, other in zip(got, TENSORS, strict=True):
        assert one.dtype == other.dtype and torch.equal(one, other)
        one += 1  # whoever takes it may write into it
    sent = [sample['by_value'] for batch in batches for sample in batch]
    assert sent == [True, True, True, True, False, False]
    assert ForkingPickler._extra_reducers[torch.Tensor] is before  # this process is no worker


@pytest.mark.parametrize(
    'tensor',
    [
        torch.zeros(3).share_memory_(),
        torch.zeros(LARGEST + 1, dtype=torch.uint8),
        torch.eye(3).to_sparse(),
    ],
)
def test_what_must_stay_one_memory_is_shared(tensor):
    assert reduce(tensor)[0] is reduce_tensor(tensor)[0] is not torch.from_numpy


def test_a_leaf_s_gradient_is_asked_for_at_the_other_end():
    build, arguments = reduce(torch.ones(2, requires_grad=True))
    assert build is not torch.from_numpy and arguments[-1][-1] is True


ENDLESS = """
import itertools, os, sys, torch
from torch.utils.data import DataLoader, IterableDataset
from mlfo_mm.datasets.passing import pass_small_by_value

class Clips(IterableDataset):
    def __iter__(self):
        pass_small_by_value()
        print(os.getpid(), flush=True)
        return (torch.zeros(1 << 19, dtype=torch.uint8) for _ in itertools.count())

loader = iter(DataLoader(Clips(), num_workers=1))
next(loader)
sys.stdin.read()
"""


@pytest.mark.skipif(sys.platform != 'linux', reason='elsewhere tensors are passed as torch does')
def test_a_worker_ends_with_a_parent_that_is_killed():
    """Also one that waits for room in the pipe, and would hold its parent's locks as long."""
    command = [sys.executable, '-c', ENDLESS]
    pipes = dict(stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    with subprocess.Popen(command, **pipes) as parent:
        worker = Path('/proc') / parent.stdout.readline().strip()
        time.sleep(0.5)  # until the pipe is full
        assert worker.is_dir()
        os.kill(parent.pid, signal.SIGKILL)
    end = time.monotonic() + 30
    while worker.is_dir() and 'Z' not in (worker / 'stat').read_text().split(')')[-1].split()[0]:
        assert time.monotonic() < end, 'the worker is still there'
        time.sleep(0.05)
