"""What a cluster's scheduler says of jobs that never came to say anything themselves."""

from __future__ import annotations

import re
import time
from pathlib import Path

from mlfo_mm.benchmark.jobs import Plan
from mlfo_mm.benchmark.state import files, status, write
from mlfo_mm.errors import printable

BLOCK = re.compile(r'^Error in rule .*?^    output: done/(?P<job>\S+)\.json$', re.M | re.S)
REFUSED = re.compile(r"The error message was '(?P<said>.*?)'\.?\s*\n\s*sbatch call:", re.S)
MESSAGE = re.compile(r'^    message: (?P<said>.*)$', re.M)
PAUSE_S = 5.0  # between two looks at a log


class Submissions:
    """Reads the workflow's log where it has grown, and marks what was refused as failed.

    Args:
        plan: The plan.
        log: What Snakemake prints.
    """

    def __init__(self, plan: Plan, log: Path) -> None:
        self.plan, self.log = plan, log
        self.size, self.looked = 0, 0.0

    def look(self, now: float | None = None) -> None:
        """Look, unless that was just done; at any rate where no moment is given."""
        if now is not None and now - self.looked < PAUSE_S:
            return
        self.looked = time.monotonic() if now is None else now
        size = self.log.stat().st_size if self.log.is_file() else 0
        if size == self.size:
            return
        self.size = size
        for name, reason in failures(self.log.read_text(errors='replace')).items():
            job = next((job for job in self.plan.jobs if job.name == name), None)
            # a job that came to run says itself why it failed
            if job is None or status(self.plan, job) not in ('to do', 'stopped'):
                continue
            found = time.time()
            write(
                files(self.plan, job).state, status='failed', start=found, end=found, reason=reason
            )


def failures(log: str) -> dict[str, str]:
    """The reasons of a workflow's log by the names of jobs, the last one of each."""
    found = {}
    for block in BLOCK.finditer(log):
        refused, message = REFUSED.search(block[0]), MESSAGE.search(block[0])
        if refused is not None:
            found[block['job']] = printable(f'the scheduler refused it: {refused["said"].strip()}')
        elif message is not None:
            found[block['job']] = printable(message['said'])
    return found
