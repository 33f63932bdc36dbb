"""A call that never returns does not keep the caller waiting."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from mlfo_mm.errors import UserError
from mlfo_mm.video.time_limit import check_limit, still_wanted, within
from tests.conftest import REPO


def stuck() -> None:
    """In C code, where no signal and no exception of Python's reaches it."""
    ctypes.CDLL(None).sleep(600)


def test_results_and_errors_come_through():
    assert within(60.0, lambda: 3) == within(None, lambda: 3) == 3
    with pytest.raises(KeyError, match='x'):
        within(60.0, lambda: {}['x'])


def test_a_stuck_call_is_left_behind():
    with pytest.raises(TimeoutError, match=r'not decoded within 0\.1 s'):
        within(0.1, stuck)


def test_work_that_nobody_waits_for_ends():
    still_wanted()  # outside of a limit

    def work() -> None:
        while True:
            still_wanted()
            time.sleep(0.001)

    before = set(threading.enumerate())
    with pytest.raises(TimeoutError):
        within(0.05, work)
    for thread in set(threading.enumerate()) - before:
        thread.join(timeout=10)
        assert not thread.is_alive()


def test_the_process_ends_all_the_same():
    code = (
        'import ctypes\nfrom mlfo_mm.video.time_limit import within\n'
        'try:\n    within(0.1, lambda: ctypes.CDLL(None).sleep(600))\n'
        "except TimeoutError:\n    print('left')\n"
    )
    env = os.environ | {'PYTHONPATH': str(REPO)}
    command = [sys.executable, '-c', code]
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=300, check=True)
    assert done.stdout == 'left\n'


def test_a_process_that_was_stopped_is_not_out_of_time():
    code = (
        'import time\nfrom mlfo_mm.video.time_limit import within\n'
        "within(1.0, lambda: (print('begun', flush=True), time.sleep(0.3)))\nprint('in time')\n"
    )
    env = os.environ | {'PYTHONPATH': str(REPO)}
    command = [sys.executable, '-c', code]
    with subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == 'begun\n'
        process.send_signal(signal.SIGSTOP)
        time.sleep(1.5)
        process.send_signal(signal.SIGCONT)
        assert process.stdout.read() == 'in time\n'


def test_check_limit():
    check_limit('x', None)
    check_limit('x', 0.5)
    with pytest.raises(UserError, match='x=0, must be seconds'):
        check_limit('x', 0)
