"""The record of a pretraining: learning curves, cost, and which weights came of it."""

from __future__ import annotations

import contextlib
import copy
import resource
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import torch
from mmaction.registry import MODELS
from mmengine.config import Config
from mmengine.dist import get_world_size, is_main_process
from mmengine.registry import init_default_scope
from torch import nn

from mlfo_mm.checkpoint_files import by_epoch
from mlfo_mm.datasets.annotation import read_list
from mlfo_mm.engine.checkpoints import read_checkpoint
from mlfo_mm.engine.composed import BATCH, SHOWN, carried_config
from mlfo_mm.engine.config import scaled_learning_rate
from mlfo_mm.engine.hooks.checkpoint import last_checkpoint
from mlfo_mm.engine.hooks.preemption import Preempted
from mlfo_mm.engine.launch import train, training_list
from mlfo_mm.engine.monitors import bounds_of, findings, references, spans, states
from mlfo_mm.engine.origin import (
    BROKEN,
    CHANGES,
    CODE,
    SAMPLES,
    STOPS,
    began_with,
    code_version,
    told_data,
    told_items,
)
from mlfo_mm.errors import UserError, reason_of
from mlfo_mm.evaluation.cost import NOTHING_READ, backbone_cost
from mlfo_mm.evaluation.lists import own_list
from mlfo_mm.evaluation.pipelines import ClipGeometry
from mlfo_mm.evaluation.request import pretraining_of
from mlfo_mm.evaluation.train_log import TrainLog, read_train_log, stop_folders
from mlfo_mm.files import file_sha256, make_writable
from mlfo_mm.study.identity import pretraining_identity
from mlfo_mm.study.provenance import provenance
from mlfo_mm.study.records import Record, read_record, record_path, write_record

PROTOCOL_VERSION = 1


def train_and_record(
    config: Config, launcher: str, resume: str | None, auto_scale_lr: bool, results: str | Path
) -> list[Path]:
    """:func:`mlfo_mm.engine.launch.train`, and the record of it in the first process.

    A run that breaks off after it began leaves a failed record; one that was asked to stop, none.

    Returns:
        The record's file; nothing in other processes.
    """
    make_writable(Path(results) / 'records', 'the records in', '--results')
    planned = copy.deepcopy(config)  # mmengine changes what it builds from
    before = stop_folders(config.work_dir)
    try:
        train(config, launcher, resume, auto_scale_lr)
    except Preempted:
        raise
    except Exception as error:
        if is_main_process() and stop_folders(config.work_dir) != before:
            with contextlib.suppress(UserError):  # on a full disk the first error is the one to say
                processes = get_world_size()
                scaled_learning_rate(planned, processes, auto_scale_lr)  # as the run was named
                batch = planned.train_dataloader.batch_size * processes
                failed = Failed(reason_of(error), planned, batch)
                record_pretraining(config.work_dir, results, failed=failed)
        raise
    if not is_main_process():
        return []
    _, path = record_pretraining(config.work_dir, results, _memory_mb())
    print(f'record: {path}')
    return [path]


@dataclass(frozen=True)
class Failed:
    """A run that broke off: what was to be trained, in which batch, and why it was not.

    Attributes:
        reason: In one line.
        config: As composed, not yet built from.
        batch: Samples a step in all processes.
    """

    reason: str
    config: Config
    batch: int


def record_pretraining(
    work_dir: str | Path,
    results: str | Path = 'results',
    peak_memory_mb: float | None = None,
    failed: Failed | None = None,
) -> tuple[Record, Path]:
    """Write the record of a run from what it left in its work directory.

    The last checkpoint says with which config it was trained, on which list, in which batch, by which
    stops, and which videos could not be read in any process.

    Args:
        work_dir: Of the run.
        results: Folder of the records.
        peak_memory_mb: Of the training process; a run on a GPU logs its own.
        failed: Of a run that broke off.

    Returns:
        The record and its file. A finished record is never replaced by a failed one.

    Raises:
        UserError: The run is not finished, or logged nothing.
    """
    init_default_scope('mmaction')
    work_dir = Path(work_dir)
    checkpoint: dict[str, str | None] | None = None
    meta: dict[str, Any] = {}
    notes: list[str] = []
    if failed is not None:
        config, batch = failed.config, failed.batch
        log = read_train_log(work_dir)
        curves = log.curves()
    else:
        path, config, meta = _last_checkpoint(work_dir)
        log = read_train_log(work_dir, told_items(meta, STOPS, str))
        curves = log.curves()
        if not curves:
            raise UserError(f'{work_dir} has no vis_data/scalars.json with training steps')
        notes += _lost_logs(work_dir, path, curves, meta)
        batch = meta.get(BATCH) or config.train_dataloader.batch_size
        checkpoint = dict(name=path.name, sha256=file_sha256(path))
    seed = meta.get('seed')
    seed = seed if isinstance(seed, int) else config.randomness.seed or 0
    identity = pretraining_identity(pretraining_of(config), seed)
    leakage, of_list = own_list(config, told_data(meta))
    notes += [*of_list, *told_items(meta, CHANGES, str), *began_with(meta)]
    made = provenance([torch.cuda.get_device_name()] if torch.cuda.is_available() else [])
    if meta.get(CODE) not in (None, code_version(made)):
        notes.append(f'trained with {meta[CODE]!s:.80}, recorded with {code_version(made)}')
    count = NOTHING_READ if failed else _counts(config, meta)
    model = MODELS.build(copy.deepcopy(config.model))
    cost = _cost(model.backbone, config, log, batch, peak_memory_mb)
    bounds = bounds_of(model, batch, meta.get(SHOWN))
    metrics = {name: values[-1] for name, values in curves.items() if name not in ('epoch', 'lr')}
    record = Record(
        **identity,
        protocol=_protocol(config, curves, batch),
        metrics={} if failed else {k: v for k, v in metrics.items() if v is not None},
        n_samples=dict(train=count, test=NOTHING_READ),
        checkpoint=checkpoint,
        **made,
        wall_time_s=cost['wall_time_s'],
        start=_moment(log.start),
        end=_moment(log.end),
        notes=notes + findings(curves, bounds),
        train_log=dict(
            epochs=meta.get('epoch'),
            iterations=meta.get('iter'),
            stops=log.stops,
            references=references(bounds),
            states=[state._asdict() for state in states(curves, bounds)],
        ),
        status='failed' if failed else 'done',
        reason=failed.reason if failed else '',
        cost=cost,
        curves=curves,
        leakage=leakage,
    )
    path = record_path(record.profile, record.experiment, results)
    if failed and path.is_file() and read_record(path).status == 'done':
        return record, path
    return record, write_record(record, results)


def _last_checkpoint(work_dir: Path) -> tuple[Path, Config, dict[str, Any]]:
    """The checkpoint of a finished run, the config that it carries, and its meta data."""
    if not work_dir.is_dir():
        what = 'is no folder' if work_dir.exists() else 'does not exist'
        raise UserError(f'{work_dir} {what}: name the folder that the training wrote to')
    path = last_checkpoint(work_dir)
    (epoch,) = (number for number, each in by_epoch(work_dir).items() if each == path)
    checkpoint = read_checkpoint(path)
    config, meta = carried_config(checkpoint, path), checkpoint.get('meta', {})
    if config is None:
        raise UserError(f'checkpoint {path} carries no config of this project: train it again')
    epochs = config.train_cfg.max_epochs
    if epoch != epochs:
        raise UserError(
            f'{work_dir}: the training is at epoch {epoch} of {epochs}; go on with '
            'tools/train.py --resume'
        )
    return path, config, meta


def _cost(
    backbone: nn.Module, config: Config, log: TrainLog, batch: int, peak_memory_mb: float | None
) -> dict[str, float]:
    cost = backbone_cost(backbone, ClipGeometry.from_config(config))
    step, memory = log.median('time'), log.largest('memory') or peak_memory_mb
    if step:
        cost['clips_per_s'] = round(batch / step, 2)  # training videos, whatever their views
    if memory:
        cost['peak_memory_mb'] = round(memory, 1)
    return cost | dict(wall_time_s=round(log.wall_time_s, 1))


def _protocol(config: Config, curves: dict[str, list[float | None]], batch: int) -> dict[str, Any]:
    geometry, epochs = ClipGeometry.from_config(config), config.train_cfg.max_epochs
    rate = curves.get('lr', [None])[0] or config.optim_wrapper.optimizer.lr
    line = f'pretraining on {config.pretrain_dataset}, {epochs} epochs, batch {batch}, '
    line += f'learning rate {rate:g}; clips of {geometry.clip_len} frames, {geometry.crop_size} px'
    return dict(
        version=PROTOCOL_VERSION,
        line=line,
        epochs=epochs,
        batch=batch,
        lr=rate,
        selection='the last epoch',
        clip_len=geometry.clip_len,
        crop_size=geometry.crop_size,
    )


def _counts(config: Config, meta: dict[str, Any]) -> dict[str, int]:
    broken = len(told_items(meta, BROKEN, int))
    expected = meta.get(SAMPLES) or len(read_list(training_list(config), None))
    return dict(expected=expected, read=expected - broken, skipped=broken)


def _lost_logs(
    work_dir: Path, path: Path, curves: dict[str, Any], meta: dict[str, Any]
) -> list[str]:
    """A note, or none, on epochs of a run whose logs are not in its work directory.

    Raises:
        UserError: The last epoch is one of them: how the run ended is not known.
    """
    done = meta.get('epoch') or max(curves['epoch'])
    lost = sorted({*range(1, done + 1)} - {*curves['epoch']})
    if done in lost:
        raise UserError(
            f'{work_dir}: the logs (vis_data/scalars.json) end with epoch {max(curves["epoch"])}, '
            f'{path.name} is of epoch {done}: bring them back, or remove {path.name} and train its '
            'epoch again with tools/train.py --resume'
        )
    if not lost:
        return []
    return [f'curves and time lack epoch{"s"[: len(lost) > 1]} {spans(lost)}: no logs of them here']


def _memory_mb() -> float:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # KiB, on macOS bytes
    return peak / 2**20 if sys.platform == 'darwin' else peak / 2**10


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec='seconds')
