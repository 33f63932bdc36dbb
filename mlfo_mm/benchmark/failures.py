"""Records of evaluations that never came to run: their table cells say why."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from mlfo_mm.benchmark.jobs import Plan
from mlfo_mm.study.provenance import provenance
from mlfo_mm.study.records import Record, record_path, write_record


def write_failed(plan: Plan, reasons: Mapping[str, str]) -> None:
    """Write failed records of the evaluations behind jobs that failed or could not begin.

    A record that is there already, of whatever status, stays.

    Args:
        plan: The plan.
        reasons: By the names of evaluations.

    Raises:
        UserError: They could not be written.
    """
    results, nothing = Path(plan.cwd, plan.results), dict(expected=0, read=0, skipped=0)
    origin = provenance() if reasons else {}
    for name, reason in reasons.items():
        for about in plan.identities(plan.job(name).facts):
            if record_path(about['profile'], about['experiment'], results).is_file():
                continue
            now = datetime.now(UTC).isoformat(timespec='seconds')
            record = Record(
                **about,
                protocol=dict(line=f'{about["task"]}; {about["dataset"]}; not begun'),
                metrics={},
                n_samples=dict(train=nothing, test=nothing),
                checkpoint=None,
                **origin,
                wall_time_s=0.0,
                start=now,
                end=now,
                status='failed',
                reason=reason,
            )
            write_record(record, results)
