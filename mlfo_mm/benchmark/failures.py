"""Records of evaluations that never came to run: their table cells say why."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mlfo_mm.benchmark.jobs import Job, Plan
from mlfo_mm.benchmark.resolve import ask_apart


def write_failed(plan: Plan, jobs: dict[str, str]) -> None:
    """Write failed records of the evaluations behind jobs that failed or could not begin.

    A record that is there already, of whatever status, stays.

    Args:
        plan: The plan.
        jobs: Reasons by the names of evaluations.

    Raises:
        UserError: They could not be written.
    """
    asked = [dict(reason=reason, **_facts(plan.job(name))) for name, reason in jobs.items()]
    if not asked:
        return
    request = dict(root=plan.root, results=str(Path(plan.cwd, plan.results)), evaluations=asked)
    ask_apart('mlfo_mm.benchmark.failures', request, Path(plan.root), Path(plan.cwd))


def _facts(job: Job) -> dict[str, Any]:
    keys = ('run', 'checkpoint', 'dataset', 'tasks', 'seed', 'options', 'skip_broken')
    return {key: job.facts[key] for key in keys}


def _write(asked: dict[str, Any], root: Path, results: Path) -> None:
    from mlfo_mm.evaluation.pipelines import ClipGeometry
    from mlfo_mm.evaluation.request import Evaluation, Request, read_configs
    from mlfo_mm.study.provenance import provenance
    from mlfo_mm.study.records import Record, record_path, write_record

    for task in asked['tasks']:
        request = Request(
            asked['run'],
            asked['checkpoint'],
            task,
            asked['dataset'],
            root / 'configs/downstream',
            seed=asked['seed'],
            skip_broken=asked['skip_broken'],
            options=asked['options'],
        )
        pretrain, config = read_configs(request)
        geometry = ClipGeometry.from_config(pretrain)
        about = Evaluation(request, pretrain, config, geometry, asked['seed']).about()
        if record_path(about['profile'], about['experiment'], results).is_file():
            continue
        now = datetime.now(UTC).isoformat(timespec='seconds')
        nothing = dict(expected=0, read=0, skipped=0)
        record = Record(
            **about,
            protocol=dict(line=f'{task}; {request.dataset}; not begun'),
            metrics={},
            n_samples=dict(train=nothing, test=nothing),
            checkpoint=None,
            **provenance([]),
            wall_time_s=0.0,
            start=now,
            end=now,
            status='failed',
            reason=asked['reason'],
        )
        write_record(record, results)


def main() -> None:
    """Write the records that stdin asks for."""
    asked = json.load(sys.stdin)
    for evaluation in asked['evaluations']:
        _write(evaluation, Path(asked['root']), Path(asked['results']))


if __name__ == '__main__':
    main()
