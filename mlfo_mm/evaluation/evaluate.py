"""Evaluations from their requests to their records."""

from __future__ import annotations

import sys
import time
import traceback
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import torch

from mlfo_mm.engine.hooks import Preempted
from mlfo_mm.errors import UserError, line_of, printable_lines, reason_of
from mlfo_mm.evaluation.cost import NOTHING_READ, backbone_cost
from mlfo_mm.evaluation.frozen import TaskResult
from mlfo_mm.evaluation.lists import unchanged
from mlfo_mm.evaluation.request import Request
from mlfo_mm.evaluation.tasks import TASKS
from mlfo_mm.evaluation.trial import Shared, Trial, prepare
from mlfo_mm.files import make_writable
from mlfo_mm.study.identity import contents
from mlfo_mm.study.provenance import provenance
from mlfo_mm.study.records import Record, read_record, record_path, write_record


@dataclass(frozen=True)
class Outcome:
    """What became of one request.

    Attributes:
        request: The request.
        record: Its record, of status 'failed' where ``error`` is set.
        path: The record's file.
        error: Why there are no numbers.
    """

    request: Request
    record: Record
    path: Path
    error: Exception | None = None


def evaluate(
    request: Request, results_dir: str | Path = 'results', reuse: bool = False
) -> tuple[Record, Path]:
    """Evaluate a backbone and write the record.

    Args:
        request: What to evaluate, and how.
        results_dir: Folder of the records.
        reuse: Return the finished record of the same weights on the same data under the same
            configs where there is one.

    Returns:
        The record and its file.

    Raises:
        UserError: For anything that the user can mend. A record says so too, unless the request
            itself was at fault.
    """
    (outcome,) = evaluate_all([request], results_dir, reuse)
    if outcome.error is not None:
        raise outcome.error
    return outcome.record, outcome.path


def evaluate_all(
    requests: Sequence[Request], results_dir: str | Path = 'results', reuse: bool = False
) -> Iterator[Outcome]:
    """Evaluate one request after the other; one that fails does not stop the rest.

    All of them are checked before the first one starts. What they share is read and compared once.

    Args:
        requests: What to evaluate, and how.
        results_dir: Folder of the records.
        reuse: As in :func:`evaluate`.

    Raises:
        UserError: A request is at fault: unknown data, missing checkpoint, wrong option.
    """
    # before the tasks: the checkout may move on while they run
    origin = provenance([torch.cuda.get_device_name()] if torch.cuda.is_available() else [])
    shared = Shared()
    trials = [prepare(request, shared) for request in requests]
    for _, weights in shared.weights.values():
        print(weights.line)
    if not torch.cuda.is_available():
        print('no GPU: evaluating on the CPU')
    for trial in trials:
        path = record_path(trial.pretrain.profile, trial.experiment(), results_dir)
        before = _before(path)
        if before is not None and _answers(before, trial) and reuse:
            yield Outcome(trial.request, before, path)
            continue
        make_writable(path.parent, 'the records in', '--results')
        yield _run(trial, origin, results_dir, before)


def evaluate_aloud(
    requests: Sequence[Request], results_dir: str | Path, reuse: bool, records: list[Path]
) -> None:
    """Evaluate as :func:`evaluate_all` and print the numbers with their protocol.

    Args:
        requests: What to evaluate, and how.
        results_dir: Folder of the records.
        reuse: As in :func:`evaluate`.
        records: Gets the path of each record that is made or reused.

    Raises:
        UserError: One failed; all others were run.
    """
    failures = []
    for outcome in evaluate_all(requests, results_dir, reuse):
        what, record = f'{outcome.request.task} on {outcome.request.dataset}', outcome.record
        if outcome.error is not None:
            failures.append((what, record.reason))
            print(printable_lines(f'{what} failed: {record.reason}'))
            continue
        print(printable_lines(f'{what}\n{summary(record)}'))
        print(f'record: {outcome.path}', flush=True)
        records.append(outcome.path)
    if len(requests) == len(failures) == 1:
        raise UserError(failures[0][1])
    if failures:
        told = '; '.join(f'{what}: {reason}' for what, reason in failures)
        raise UserError(f'{len(failures)} of {len(requests)} failed: {told}')


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


def _before(path: Path) -> Record | None:
    """The record in the place of one that is to be written; None for none, or a damaged one."""
    if path.is_dir():
        raise UserError(f'{path} is a folder, where a record is written: move it away')
    try:
        return read_record(path) if path.is_file() else None
    except UserError as error:
        print(printable_lines(f'warning: {error}: evaluating again'))
        return None


def _answers(record: Record, trial: Trial) -> bool:
    """Whether a record is of these weights, and of lists and videos that are as they were."""
    sha256 = (record.checkpoint or {}).get('sha256')
    same = contents(record.leakage) == contents(trial.leakage) != {}
    return record.status == 'done' and sha256 == trial.weights.sha256 and same


def _run(
    trial: Trial, origin: dict[str, Any], results_dir: str | Path, before: Record | None
) -> Outcome:
    start, clock = datetime.now(UTC), time.monotonic()
    request, weights = trial.request, trial.weights
    about = trial.about()
    error: Exception | None = None
    try:
        result = TASKS[request.task](trial)
        if not unchanged(trial.leakage['lists'], request.dataset, request.split):
            raise UserError(f'{request.dataset} was changed while it was evaluated: do it again')
    except Preempted:
        raise
    except UserError as caught:
        error = caught
    except Exception as caught:
        if line_of(caught) is None:
            # the other tasks go on, so this is the only place where it is seen
            traceback.print_exc(file=sys.stderr)
        error = caught
    if error is not None:
        result = TaskResult(
            metrics={},
            n_samples=dict(train=NOTHING_READ, test=NOTHING_READ),
            protocol=trial.protocol(request.task),
            decoders=[],
        )
    record = Record(
        **about,
        protocol=result.protocol,
        metrics=result.metrics,
        n_samples=result.n_samples,
        checkpoint=dict(name=weights.name, sha256=weights.sha256) if weights.sha256 else None,
        **origin,
        wall_time_s=round(time.monotonic() - clock, 1),
        start=start.isoformat(timespec='seconds'),
        end=datetime.now(UTC).isoformat(timespec='seconds'),
        decoder='+'.join(result.decoders) or None,
        train_log=result.train_log,
        notes=_notes(trial, result),
        status='done' if error is None else 'failed',
        reason='' if error is None else reason_of(error),
        cost=backbone_cost(trial.model.backbone, trial.geometry),
        details=result.details,
        outcomes=result.outcomes,
        leakage=trial.leakage,
    )
    if error is not None and before is not None and _answers(before, trial):
        # what is known of these weights stays known
        path = record_path(record.profile, record.experiment, results_dir)
        return Outcome(request, record, path, error)
    return Outcome(request, record, write_record(record, results_dir), error)


def _notes(trial: Trial, result: TaskResult) -> list[str]:
    notes = list(result.notes)
    for name, counts in result.n_samples.items():
        if counts['skipped']:
            notes.append(f'{counts["skipped"]} of {counts["expected"]} {name} videos are broken')
    for role, reason in trial.leakage.get('unchecked', {}).items():
        notes.append(f'the {role} list was not searched for test videos: {reason}')
    planned, done = trial.pretrain.train_cfg.get('max_epochs'), trial.weights.epoch
    if planned and done is not None and done < planned:
        notes.append(f'the checkpoint is of epoch {done}, its config trains {planned}')
    return notes
