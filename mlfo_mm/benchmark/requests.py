"""What a job asks a cluster for: threads, memory and time, as large as its profile."""

from __future__ import annotations

import math
from dataclasses import dataclass

from mlfo_mm.benchmark.jobs import Job, Plan
from mlfo_mm.study.profiles import PROFILES

MARGIN, LEAST_MIN = 3, 30  # times what earlier runs took, and never less


@dataclass(frozen=True)
class Request:
    """What a scheduler is asked for.

    Attributes:
        threads: CPU threads.
        memory_mb: Memory.
        minutes: Time.
    """

    threads: int
    memory_mb: int
    minutes: int


REPORTS = dict(tables=Request(1, 4_000, 10), figures=Request(1, 8_000, 30))
# of a profile of published size, for each GPU of a pretraining: a process and 7 decoders
PAPER = dict(
    data=Request(8, 32_000, 240),
    pretrain=Request(8, 32_000, 10_080),
    evaluate=Request(8, 32_000, 480),
    finetune=Request(16, 64_000, 2_880),
)
SMALL = dict(
    data=Request(4, 8_000, 60),
    pretrain=Request(8, 16_000, 720),
    evaluate=Request(4, 16_000, 120),
    finetune=Request(8, 16_000, 240),
)


def request(plan: Plan, job: Job) -> Request:
    """What a job asks for; less time where earlier runs tell how long it takes."""
    sizes = REPORTS | (PAPER if PROFILES[plan.profile].paper else SMALL)
    usual = sizes.get(job.rule, sizes['finetune'])  # a task that trains
    many = max(job.gpus, 1) if job.rule == 'pretrain' else 1
    minutes, seconds = usual.minutes, plan.expected.get(job.name)
    if seconds is not None:
        minutes = min(minutes, max(math.ceil(MARGIN * seconds / 60), LEAST_MIN))
    return Request(usual.threads * many, usual.memory_mb * many, minutes)
