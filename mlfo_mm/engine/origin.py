"""What a run is made of, over all of its stops: in each checkpoint, and compared at ``--resume``.

``meta`` of a checkpoint holds, beside mmengine's own ``seed`` and ``epoch``:

``composed``         text of the composed config, see :mod:`mlfo_mm.engine.composed`
``effective_batch``  samples a step in all processes
``data``             the list that was trained on, :func:`mlfo_mm.datasets.content.list_facts`
``start``            SHA-256 of the weights that ``load_from`` named; None for random ones
``processes``        that share a batch
``code``             versions of this code and of torch
``stops``            folders of the logs of the stops that led to it, in order
``changes``          what later stops changed of the config, a line each
``broken``           places in the list of the videos that could not be read
``samples``          of the data set, all of its list unless it has ``indices``
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from mmengine.config import Config

from mlfo_mm.datasets.content import list_facts
from mlfo_mm.engine.composed import BATCH, COMPOSED, carried_text, composed_text
from mlfo_mm.errors import UserError
from mlfo_mm.files import file_sha256
from mlfo_mm.study.config_text import read_values
from mlfo_mm.study.provenance import provenance

DATA, START, STOPS, CHANGES, BROKEN = 'data', 'start', 'stops', 'changes', 'broken'
PROCESSES, CODE, SAMPLES = 'processes', 'code', 'samples'
ANEW = 'start anew without --resume in another --work-dir'
# of a machine, of what is shown, or of what is compared by itself: a stop may have its own
FREE = (
    'run', 'work_dir', 'resume', 'load_from', 'launcher', 'log_level', 'randomness.seed',
    'log_processor', 'vis_backends', 'visualizer', 'experiment_name',
    'train_dataloader.batch_size', 'train_dataloader.num_workers', 'train_dataloader.pin_memory',
    'train_dataloader.persistent_workers', 'train_dataloader.prefetch_factor',
    'train_dataloader.dataset.data_root', 'train_dataloader.dataset.seed', 'auto_scale_lr',
    'train_cfg.type',
)  # fmt: skip
# may change a number: a stop may have its own, and the record says so
TOLD = (
    'randomness', 'env_cfg', 'default_hooks', 'custom_hooks', 'custom_imports', 'reader', 'sync_bn',
    'model_wrapper_cfg', 'find_unused_parameters', 'train_dataloader.dataset.decode_timeout',
    'train_dataloader.dataset.max_corrupt',
)  # fmt: skip
# a run may be made longer, and its schedule with it; the one that it began with goes on
LONGER = 'train_cfg.max_epochs'
SCHEDULE = re.compile(r'param_scheduler\.\d+\.(begin|end|T_max|milestones|total_steps)(\.\d+)?')


def origin(config: Config, batch: int, videos: Path, processes: int = 1) -> dict[str, Any]:
    """What a run that begins now is made of.

    Args:
        config: As composed, with the learning rate that it is trained with.
        batch: Samples a step in all processes.
        videos: The list that it trains on.
        processes: That share the batch.
    """
    start = config.get('load_from')
    return {
        COMPOSED: composed_text(config),
        BATCH: batch,
        DATA: list_facts(videos),
        START: file_sha256(Path(start)) if start and Path(start).is_file() else None,
        PROCESSES: processes,
        CODE: code_version(provenance()),
        STOPS: [],
        CHANGES: [],
    }


def continued(
    path: Path, checkpoint: Mapping[str, Any], now: Mapping[str, Any], seed: int | None
) -> dict[str, Any]:
    """What a run that goes on is made of, over all stops.

    Args:
        path: Of the checkpoint that it goes on from.
        checkpoint: As it was read. What an older one does not say is not compared.
        now: :func:`origin` of this stop.
        seed: Of this stop; None for whatever the checkpoint has.

    Raises:
        UserError: Another list, other videos, another seed, batch, start or config.
    """
    meta = checkpoint.get('meta')
    meta = meta if isinstance(meta, dict) else {}
    data = meta.get(DATA)
    if isinstance(data, dict) and data.get('content') != now[DATA]['content']:
        same = data.get('sha256') == now[DATA]['sha256']
        what = 'other videos or classes under the names' if same else 'another list than that'
        raise UserError(
            f'--resume {path}: was trained on {what} of {now[DATA]["file"]} now '
            f'({data.get("videos")} videos of {data.get("file")}); {ANEW}'
        )
    before = meta.get('seed')
    if None not in (before, seed) and before != seed:
        raise UserError(
            f'--resume {path}: was trained with seed {before}, not {seed}: add --seed {before}, or '
            f'{ANEW}'
        )
    if meta.get(BATCH) not in (None, now[BATCH]):
        raise UserError(
            f'--resume {path}: was trained in batches of {meta[BATCH]} in all processes, not '
            f'{now[BATCH]}: change train_dataloader.batch_size or the number of processes'
        )
    _check_start(path, checkpoint, meta, now)
    found = list(differences(checkpoint, now[COMPOSED]))
    longer = any(key == LONGER for key, _, _ in found)
    new_values = []
    for key, old, new in found:
        if key == LONGER or _begins(key, TOLD):
            new_values.append((key, new, old))
        elif not (longer and SCHEDULE.fullmatch(key)):
            raise UserError(
                f'--resume {path}: was trained with {key}={old!r:.80}, not {new!r:.80}; {ANEW}'
            )
    for key in (PROCESSES, CODE):
        if meta.get(key) not in (None, now[key]):
            new_values.append((key, now[key], meta[key]))
    done = f'after epoch {meta.get("epoch")}'
    changes = told_items(meta, CHANGES, str)
    if any(SCHEDULE.fullmatch(key) for key, _, _ in found):
        changes.append(f'{done} its schedule was the one that it began with')
    changes += [f'{done} {key} was {new!s:.80}, before {old!s:.80}' for key, new, old in new_values]
    kept = {DATA: data or now[DATA], START: meta.get(START), STOPS: told_items(meta, STOPS, str)}
    return dict(now) | kept | {CHANGES: changes}


def _check_start(
    path: Path, checkpoint: Mapping[str, Any], meta: Mapping[str, Any], now: Mapping[str, Any]
) -> None:
    """Refuse ``load_from`` of weights that the run did not begin with: they would not be read."""
    named = read_values(now[COMPOSED]).get('load_from')
    began = read_values(carried_text(checkpoint)).get('load_from')
    same = now[START] == meta.get(START) if now[START] else named == began  # or they are gone
    if named and START in meta and not same:
        what = f'the weights of {began}' if began else 'random weights'
        raise UserError(
            f'--resume {path}: began with {what}, not with load_from={named} as it is now: leave '
            f'load_from out, or {ANEW}'
        )


def code_version(found: Mapping[str, Any]) -> str:
    """Versions of this code and of torch in a provenance, in words."""
    commit, changed = str(found['git']['commit'] or '')[:12], found['git']['dirty']
    words = [f'mlfo_mm {found["versions"]["mlfo_mm"]}', commit, 'with changes' if changed else '']
    return f'{" ".join(filter(None, words))}, torch {found["versions"]["torch"]}'


def told_data(meta: Mapping[str, Any]) -> dict[str, Any] | None:
    """The list that a checkpoint's meta data say it was trained on, and the weights it began with."""
    data = meta.get(DATA)
    if not isinstance(data, dict) or not isinstance(data.get('content'), str):
        return None
    return dict(data) | ({START: str(meta[START])} if meta.get(START) else {})


def told_items(meta: Mapping[str, Any], key: str, kind: type) -> list[Any]:
    """What a checkpoint's meta data list under a key; what is of another kind counts as not there."""
    items = meta.get(key)
    return [item for item in items if isinstance(item, kind)] if isinstance(items, list) else []


def began_with(meta: Mapping[str, Any]) -> list[str]:
    """A note, or none, that a run did not begin with random weights."""
    start = meta.get(START)
    return (
        [f'began with weights of SHA-256 {start}, whatever they were trained on'] if start else []
    )


def differences(checkpoint: Mapping[str, Any], text: str) -> Iterator[tuple[str, Any, Any]]:
    """Keys in which a checkpoint's config and another one's text differ, with both values.

    Without what a stop may have of its own, and where the checkpoint carries no config.
    """
    old = dict(_flat(read_values(carried_text(checkpoint))))
    new = dict(_flat(read_values(text)))
    for key in {**old, **new} if old else ():
        if old.get(key) != new.get(key) and not _begins(key, FREE):
            yield key, old.get(key), new.get(key)


def _flat(node: Any, path: str = '') -> Iterator[tuple[str, Any]]:
    if isinstance(node, dict):
        for key, value in node.items():
            yield from _flat(value, f'{path}.{key}' if path else str(key))
    elif isinstance(node, list | tuple):
        for index, value in enumerate(node):
            yield from _flat(value, f'{path}.{index}')
        yield path, len(node)
    else:
        yield path, node


def _begins(key: str, names: tuple[str, ...]) -> bool:
    return any(key == name or key.startswith(f'{name}.') for name in names)
