"""One evaluation from its request to its record."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path

import torch

from mlfo_mm.evaluation.job import Job, Request, prepare
from mlfo_mm.evaluation.tasks import TASKS, TaskResult
from mlfo_mm.reporting import Record, hash_text, provenance, write_record
from mlfo_mm.reporting.records import read_record, record_path


def evaluate(
    request: Request, results_dir: str | Path = 'results', reuse: bool = False
) -> tuple[Record, Path]:
    """Evaluate a backbone and write the record.

    Args:
        request: What to evaluate, and how.
        results_dir: Folder of the records.
        reuse: Return the record of the same weights under the same configs where there is one.

    Returns:
        The record and its file.

    Raises:
        UserError: For anything that the user can mend.
    """
    start, clock = datetime.now(UTC), time.monotonic()
    # before the task: the checkout may move on while it runs
    origin = provenance([torch.cuda.get_device_name()] if torch.cuda.is_available() else [])
    job = prepare(request)
    if reuse:
        path = record_path(job.pretrain.profile, job.experiment(), results_dir)
        if path.is_file():
            record = read_record(path)
            if (record.checkpoint or {}).get('sha256') == job.weights.sha256:
                return record, path
    print(job.weights.line)
    if not torch.cuda.is_available():
        print('no GPU: evaluating on the CPU')
    # before the task: mmengine changes configs that it builds from
    experiment, family, text = job.experiment(), job.family_text(), job.config_text()
    result = TASKS[request.task](job)
    notes = _notes(job, result)
    weights = job.weights
    record = Record(
        experiment=experiment,
        **job.identity(),
        task=request.task,
        dataset=request.dataset,
        split=request.split,
        profile=job.pretrain.profile,
        seed=job.seed,
        protocol=result.protocol,
        metrics=result.metrics,
        n_samples=result.n_samples,
        config_text=text,
        config_hash=hash_text(text),
        family_hash=hash_text(family),
        checkpoint=dict(name=weights.name, sha256=weights.sha256) if weights.sha256 else None,
        **origin,
        wall_time_s=round(time.monotonic() - clock, 1),
        start=start.isoformat(timespec='seconds'),
        end=datetime.now(UTC).isoformat(timespec='seconds'),
        decoder='+'.join(result.decoders),
        train_log=result.train_log,
        notes=notes,
    )
    return record, write_record(record, results_dir)


def summary(record: Record) -> str:
    """The numbers with their protocol line, as the tool prints them."""
    who = ' '.join(filter(None, (record.method, record.variant, record.backbone)))
    lines = [
        f'{who}, pretrained on {record.pretrain_dataset}, seed {record.seed}: '
        + ', '.join(f'{name} {value:.1f}' for name, value in record.metrics.items()),
        f'protocol: {record.protocol["line"]}',
    ]
    for name, counts in record.n_samples.items():
        lines.append(
            f'{name}: {counts["read"]} of {counts["expected"]} videos'
            + (f', {counts["skipped"]} skipped' if counts['skipped'] else '')
        )
    return '\n'.join([*lines, *(f'warning: {note}' for note in record.notes)])


def _notes(job: Job, result: TaskResult) -> list[str]:
    notes = list(result.notes)
    for name, counts in result.n_samples.items():
        if counts['skipped']:
            notes.append(f'{counts["skipped"]} of {counts["expected"]} {name} videos are broken')
    planned, done = job.pretrain.train_cfg.get('max_epochs'), job.weights.epoch
    if planned and done is not None and done < planned:
        notes.append(f'the checkpoint is of epoch {done}, its config trains {planned}')
    return notes
