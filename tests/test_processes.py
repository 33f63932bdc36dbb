"""Workers of a process that is killed end too; freed memory stays where nobody chose otherwise."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mlfo_mm.processes import die_with_parent
from tests.conftest import REPO

POOL = """
import sys, time
from pathlib import Path
from mlfo_mm.datasets.frame_cache import build

folder = Path(sys.argv[1])

def decode(path):
    (folder / f'{path[-1]}.pid').write_text(str(__import__('os').getpid()))
    time.sleep(1000)

for name in 'ab':
    (folder / name).touch()
build(folder / 'frames', [folder / 'a', folder / 'b'], decode, workers=2, progress=False)
"""

FAULTS = """
import resource
import torch
from mlfo_mm.processes import keep_freed_memory

print(keep_freed_memory())

def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    torch.empty(16 << 20, dtype=torch.uint8).fill_(1), torch.empty(64 << 20, dtype=torch.uint8).fill_(1)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

counts = [faults() for _ in range(25)]  # the heap takes some rounds to find its size
print(sum(counts[20:]))
"""
CHILD = {'CUDA_VISIBLE_DEVICES': '', 'PYTHONPATH': str(REPO)}


def alive(pid: int) -> bool:
    """Whether a process runs; one that nobody has waited for does not."""
    try:
        return Path(f'/proc/{pid}/stat').read_text().rpartition(')')[2].split()[0] != 'Z'
    except OSError:
        return False


@pytest.mark.skipif(sys.platform != 'linux', reason='the kernel of Linux ends them')
def test_workers_of_the_frame_cache_end_with_it(tmp_path):
    environment = os.environ | {'PYTHONPATH': str(REPO)}
    process = subprocess.Popen([sys.executable, '-c', POOL, str(tmp_path)], env=environment)
    give_up = time.monotonic() + 120
    workers = []
    while len(workers) < 2 and time.monotonic() < give_up:
        time.sleep(0.05)
        workers = [int(pid) for note in tmp_path.glob('*.pid') if (pid := note.read_text())]
    assert len(workers) == 2 and all(map(alive, workers))
    process.kill()
    process.wait()
    while any(map(alive, workers)) and time.monotonic() < give_up:
        time.sleep(0.05)
    assert not any(map(alive, workers))


def test_a_worker_that_comes_too_late_ends_at_once():
    child = os.fork()
    if not child:
        die_with_parent(os.getpid())  # its own number: its parent is another
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 1


def outcome(**environment: str) -> tuple[str, int]:
    """Whether memory is kept, and the page faults of five rounds of 80 MB after twenty."""
    clean = {name: value for name, value in os.environ.items() if 'MALLOC' not in name}
    env = clean | CHILD | environment
    command = [sys.executable, '-c', FAULTS]
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=300, check=True)
    kept, faults = done.stdout.split()
    return kept, int(faults)


@pytest.mark.skipif(
    sys.platform != 'linux' or os.confstr('CS_GNU_LIBC_VERSION') is None, reason="glibc's malloc"
)
def test_the_same_pages_serve_again():
    kept, faults = outcome()
    assert kept == 'True'
    assert faults < 1000  # 80 MB are 20,000 pages


def test_a_choice_of_the_environment_is_respected():
    kept, faults = outcome(MALLOC_MMAP_THRESHOLD_='65536')
    assert kept == 'False'
    assert faults > 5 * 2 * 40  # or 5 * 40 huge pages, where the kernel takes them
