"""How much memory a measurement takes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path


def memory(device: str, peak: bool) -> float:
    """GB in use, now or at the highest: of a GPU by torch, of a CPU by this process."""
    if device.startswith('cuda'):
        import torch

        return (torch.cuda.max_memory_allocated if peak else torch.cuda.memory_allocated)() / 1e9
    try:
        status = Path('/proc/self/status').read_text()
        (line,) = [x for x in status.splitlines() if x.startswith('VmHWM' if peak else 'VmRSS')]
        return int(line.split()[1]) * 1024 / 1e9
    except OSError:  # not Linux: only the highest is known
        import resource

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e9


def memory_of(name: str) -> float:
    """What this script prints last when a process of its own runs one side: its memory in GB."""
    command = [sys.executable, *sys.argv, '--memory-of', name]
    # glibc gives freed blocks of this size back at once: what is held is what is needed
    environment = os.environ | dict(MALLOC_MMAP_THRESHOLD_='65536')
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=environment)
    return float(done.stdout.split()[-1])
