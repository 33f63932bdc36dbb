"""Records of evaluations that never came to run: their table cells say why."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mlfo_mm.benchmark.jobs import Job, Plan
from mlfo_mm.benchmark.resolve import tool_environment


def write_failed(plan: Plan, jobs: dict[str, str]) -> None:
    """Write failed records of the evaluations behind jobs that failed or could not begin.

    A record that is there already, of whatever status, stays.

    Args:
        plan: The plan.
        jobs: Reasons by the names of evaluations.
    """
    asked = [dict(reason=reason, **_facts(plan.job(name))) for name, reason in jobs.items()]
    if not asked:
        return
    request = dict(root=plan.root, results=str(Path(plan.cwd, plan.results)), evaluations=asked)
    subprocess.run(
        [sys.executable, '-m', 'mlfo_mm.benchmark.failures'],
        input=json.dumps(request),
        env=tool_environment(Path(plan.root)),
        cwd=plan.cwd,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        text=True,
        check=False,
    )


def _facts(job: Job) -> dict[str, Any]:
    keys = ('config', 'checkpoint', 'dataset', 'tasks', 'seed', 'options')
    return {key: job.facts[key] for key in keys}


def _write(asked: dict[str, Any], root: Path, results: Path) -> None:
    from mlfo_mm.engine.config import load_config
    from mlfo_mm.evaluation.job import Job as Evaluation
    from mlfo_mm.evaluation.job import Request
    from mlfo_mm.evaluation.pipelines import ClipGeometry
    from mlfo_mm.reporting import Record, hash_text, provenance, write_record
    from mlfo_mm.reporting.records import record_path

    pretrain = load_config(asked['config'], asked['options'] or None)
    for task in asked['tasks']:
        config_dir = root / 'configs/downstream'
        request = Request(
            *(asked['config'], asked['checkpoint'], task, asked['dataset'], config_dir),
            seed=asked['seed'],
        )
        config = load_config(config_dir / f'{task}_{pretrain.profile}.py')
        # no weights, model or lists: the identity of an evaluation needs none of them
        geometry = ClipGeometry.from_config(pretrain)
        job = Evaluation(request, pretrain, config, geometry, [], None, None, asked['seed'], {})
        if record_path(pretrain.profile, job.experiment(), results).is_file():
            continue
        now = datetime.now(UTC).isoformat(timespec='seconds')
        nothing = dict(expected=0, read=0, skipped=0)
        record = Record(
            experiment=job.experiment(),
            **job.identity(),
            task=task,
            dataset=asked['dataset'],
            split=request.split,
            profile=pretrain.profile,
            seed=asked['seed'],
            protocol=dict(line=f'{task}; {asked["dataset"]}; not begun'),
            metrics={},
            n_samples=dict(train=nothing, test=nothing),
            config_text=job.config_text(),
            config_hash=hash_text(job.config_text()),
            family_hash=hash_text(job.family_text()),
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
