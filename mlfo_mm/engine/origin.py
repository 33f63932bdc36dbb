"""What a run is made of, over all of its stops: in each checkpoint, and compared at ``--resume``.

``meta`` of a checkpoint holds, beside mmengine's own ``seed`` and ``epoch``:

``composed``         text of the composed config, see :mod:`mlfo_mm.engine.composed`
``effective_batch``  samples a step in all processes
``data``             the list that was trained on, :func:`mlfo_mm.datasets.content.list_facts`
``start``            SHA-256 of the weights that ``load_from`` named; None for random ones
``stops``            folders of the logs of the stops that led to it, in order
``changes``          what later stops changed of the config, a line each
``broken``           places in the list of the videos that could not be read
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from mmengine.config import Config

from mlfo_mm.datasets.content import list_facts
from mlfo_mm.engine.composed import BATCH, COMPOSED, carried_text, composed_text
from mlfo_mm.errors import UserError
from mlfo_mm.files import file_sha256
from mlfo_mm.study.config_text import read_values

DATA, START, STOPS, CHANGES, BROKEN = 'data', 'start', 'stops', 'changes', 'broken'
ANEW = 'start anew without --resume in another --work-dir'
# of a machine, of what is shown, or of what is compared by itself: a stop may have its own
FREE = (
    'run', 'work_dir', 'resume', 'load_from', 'launcher', 'log_level', 'randomness', 'env_cfg',
    'default_hooks', 'custom_hooks', 'log_processor', 'vis_backends', 'visualizer', 'reader',
    'experiment_name', 'custom_imports', 'sync_bn', 'model_wrapper_cfg', 'find_unused_parameters',
    'train_dataloader.batch_size', 'train_dataloader.num_workers', 'train_dataloader.pin_memory',
    'train_dataloader.persistent_workers', 'train_dataloader.prefetch_factor',
    'train_dataloader.dataset.data_root', 'train_dataloader.dataset.decode_timeout',
    'train_dataloader.dataset.max_corrupt', 'train_dataloader.dataset.seed', 'auto_scale_lr',
)  # fmt: skip
# a run may be made longer; the schedule that it began with goes on
LONGER = ('train_cfg.max_epochs', 'param_scheduler')


def origin(config: Config, batch: int, videos: Path) -> dict[str, Any]:
    """What a run that begins now is made of.

    Args:
        config: As composed, with the learning rate that it is trained with.
        batch: Samples a step in all processes.
        videos: The list that it trains on.
    """
    start = config.get('load_from')
    return {
        COMPOSED: composed_text(config),
        BATCH: batch,
        DATA: list_facts(videos),
        START: file_sha256(Path(start)) if start else None,
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
        UserError: Another list, other videos, another seed, batch or config.
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
    changes = told_items(meta, CHANGES, str)
    for key, old, new in differences(checkpoint, now[COMPOSED]):
        if not _begins(key, LONGER):
            raise UserError(
                f'--resume {path}: was trained with {key}={old!r:.80}, not {new!r:.80}; {ANEW}'
            )
        if key == LONGER[0]:
            changes.append(f'from epoch {meta.get("epoch")} on {key} was {new}, before {old}')
    kept = {DATA: data or now[DATA], START: meta.get(START), STOPS: told_items(meta, STOPS, str)}
    return dict(now) | kept | {CHANGES: changes}


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
