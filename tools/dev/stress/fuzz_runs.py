"""How fuzz.py runs one input: tools in a fork, with bounds on time and memory, and what it says of it."""

from __future__ import annotations

import contextlib
import os
import resource
import runpy
import signal
import sys
import time
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
SECONDS, GROWTH = 60.0, 2**30  # of one command by default, and bytes that its memory may grow by
ENDINGS = (0, 1, 2)  # done; done, and something is wrong with the data; a line for the user
TRACEBACK = 'Traceback (most recent call last)'


@dataclass(frozen=True)
class Ending:
    """How a command ended; ``fault`` is empty where it did as it must."""

    command: str
    status: int
    fault: str
    said: str


def run(words: Sequence[str], log: Path, seconds: float = SECONDS) -> Ending:
    """Run a command line of a tool in a fork of this process, which has imported what it needs."""
    start, before = time.monotonic(), _own_memory()
    child = os.fork()
    if child == 0:
        _work(words, log)
    status = None
    while status is None:
        found, code, usage = os.wait4(child, os.WNOHANG)
        if found:
            status = os.waitstatus_to_exitcode(code)
        elif time.monotonic() - start > seconds:
            os.killpg(child, signal.SIGKILL)
            os.waitpid(child, 0)
            return Ending(' '.join(words), -9, f'no end in {seconds:g} s', _tail(log))
        else:
            time.sleep(0.002)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child, signal.SIGKILL)  # what it left behind
    said, fault = log.read_text(errors='replace'), ''
    if TRACEBACK in said:
        fault = f'a traceback: {said.strip().splitlines()[-1][:200]}'
    elif status not in ENDINGS:
        fault = f'ended with {status}'
    elif status == 2 and 'error: ' not in said:
        fault = 'no line that says why'
    elif any(len(line) > 5000 or not line.isprintable() for line in said.splitlines()):
        fault = 'a line that no terminal should get'
    elif usage.ru_maxrss * 1024 - before > GROWTH:
        fault = f'{(usage.ru_maxrss * 1024 - before) / 2**30:.1f} GiB more memory'
    return Ending(' '.join(words), status, fault, _tail(log))


def _work(words: Sequence[str], log: Path) -> None:
    os.setpgid(0, 0)
    status = 70
    try:
        for stream in (1, 2):
            os.dup2(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND), stream)
        sys.stdout, sys.stderr = (os.fdopen(each, 'w', closefd=False) for each in (1, 2))
        # address space, of which torch reserves much: the bound is on what is touched
        resource.setrlimit(resource.RLIMIT_AS, (2**36, 2**36))
        sys.argv = [str(word) for word in words]
        runpy.run_path(str(ROOT / words[0]), run_name='__main__')
        status = 0
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        traceback.print_exc()
    finally:
        with contextlib.suppress(Exception):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(status)


def _own_memory() -> int:
    # without pages of files: a fork begins without them, and this process may have many
    resident, shared = Path('/proc/self/statm').read_text().split()[1:3]
    return (int(resident) - int(shared)) * resource.getpagesize()


def _tail(log: Path) -> str:
    return log.read_text(errors='replace')[-1000:]
