"""Configs of runs and of tasks, composed, completed and read strictly."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mmengine.config import Config

from mlfo_mm.engine.compose import PAPER, Values, compose, is_whole, normal
from mlfo_mm.engine.config_values import check_kind, check_values, require
from mlfo_mm.engine.facts import check_made, check_source, complete
from mlfo_mm.engine.fragments import merge, shipped, to_config, words
from mlfo_mm.engine.strict import check_config, check_key
from mlfo_mm.errors import UserError
from mlfo_mm.study.runs import parse_run

OPTIONS = '--cfg-options'
NAMED = ('method', 'backbone_name', 'profile')  # whose result a record is, said by the run's name
# what a linear probe is, and what each kind reads that the other does not
PROBES = dict(
    cached=('downstream.train_on', 'downstream.strengths', 'downstream.folds'),
    online=('train_cfg', 'optim_wrapper', 'downstream.train_batch_size'),
)
# of the runtime: a task has data of its own, and the network of what it evaluates
OF_PRETRAINING = ('reader', 'train_dataloader', 'time_padding')


def load_config(run: str | Path, options: Mapping[str, Any] | None = None) -> Config:
    """The whole config of a run; every key is checked.

    Args:
        run: As :mod:`mlfo_mm.study.runs` has it: ``mlfo/r3d18@mini+one_hot``, a file, or a file and
            changes joined by ``+``. The order of merging is that of :mod:`mlfo_mm.engine.compose`.
        options: Dotted keys and their values, merged last.

    Returns:
        The config; its ``run`` is the run's one spelling, and its ``filename`` ends with it.

    Raises:
        UserError: A name is unknown, a file missing or broken, a key unknown (with did-you-mean), or
            a value is made of another one.
    """
    name = normal(parse_run(str(run)))
    values = compose(name)
    folder = name.file.parent if name.file is not None else Path('configs', name.method)
    filename = str(folder / f'{name.stem()}.py')
    check_made(values, filename)
    return finished(with_options(values, options or {}, filename), filename)


def load_task(task: str, profile: str, options: Mapping[str, Any] | None = None) -> Config:
    """The protocol of a downstream task under a profile.

    ``configs/tasks/<task>.py`` < ``evaluation`` of the profile < what the task says of the profile
    (``task_at``) < options. A task that trains has what every training shares below it.

    Raises:
        UserError: As :func:`load_config`.
    """
    values = shipped('tasks', task)
    evaluation = dict(downstream=shipped('profiles', profile).get('evaluation', {}))
    for part in (evaluation, *words(values, 'task_at', _places(profile), task)):
        values = merge(values, part, f'{task}@{profile}')
    values.pop('task_at', None)
    if 'optim_wrapper' in values:
        runtime = shipped('runtime')
        shared = {key: runtime[key] for key in runtime if key not in OF_PRETRAINING}
        values = merge(shared, values, f'{task}@{profile}')
    filename = f'configs/tasks/{task}@{profile}.py'
    config = finished(with_options(values, options or {}, filename), filename)
    probe = config.downstream.get('probe')
    if probe is not None and probe not in PROBES:
        raise UserError(f'{filename}: downstream.probe={probe!r}, must be {" or ".join(PROBES)}')
    require(config, PROBES.get(probe, ()))
    return config


def task_keys(task: str, profile: str) -> frozenset[str]:
    """Top-level keys of a protocol under a profile: options of these are the task's, not the run's."""
    values = shipped('tasks', task)
    said = words(values, 'task_at', _places(profile), task)
    keys = frozenset(values).union(*said) - {'task_at'}
    return keys | {'log_level'} if 'optim_wrapper' in keys else keys


def _places(profile: str) -> tuple[str, ...]:
    return (profile,) if profile == PAPER else ('small', profile)


def with_changes(config: Config, options: Mapping[str, Any]) -> Config:
    """A whole config, such as a checkpoint carries, with ``--cfg-options`` merged into it."""
    filename = str(config.filename)
    return finished(with_options(config._to_lazy_dict(), options, filename), filename)


def with_options(values: Values, options: Mapping[str, Any], filename: str) -> Values:
    """Values with ``--cfg-options`` in their places, each key checked."""
    config = to_config(values, filename)
    for key, value in options.items():
        if key.split('.')[0] in NAMED:
            raise UserError(f"{OPTIONS} {key}: is said by the run's name, METHOD/BACKBONE@PROFILE")
        check_source(values, key, OPTIONS)
        check_key(config, key, OPTIONS)
        check_kind(config, key, value)
        nested: Any = value
        for part in reversed(key.split('.')):
            nested = {part: nested}
        values = merge(values, nested, OPTIONS)
    return values


def finished(values: Values, filename: str) -> Config:
    """The config of composed values, what is made of facts in its place, checked as a whole."""
    if not is_whole(values):
        raise UserError(f'{filename} names neither a model nor a protocol')
    config = to_config(complete(values), filename)
    check_config(config)
    check_values(config)
    return config


def small_run(config: Config, profile: str = 'demo') -> str:
    """How the same method and backbone are spelled under a small profile."""
    return f'{config.get("method", "mlfo")}/{config.get("backbone_name", "r3d18")}@{profile}'


def scaled_learning_rate(config: Config, world_size: int, enable: bool) -> str:
    """Compare batch and learning rate with the paper's; scale the rate linearly where asked.

    Returns:
        The line that every training run prints.
    """
    batch = config.train_dataloader.batch_size * world_size
    base = config.get('auto_scale_lr', {}).get('base_batch_size')
    rate = config.optim_wrapper.optimizer.lr
    line = f'effective batch {config.train_dataloader.batch_size} x {world_size} = {batch}'
    line += f', learning rate {rate:g}'
    if base is None or (config.get('profile', PAPER) != PAPER and not enable):
        return line  # a small profile has a batch and a rate of its own
    line += f' (the paper: batch {base}'
    if batch == base:
        return line + ', the same)'
    if enable:
        config.optim_wrapper.optimizer.lr = rate * batch / base
        return line + f'); scaled to {config.optim_wrapper.optimizer.lr:g} (--auto-scale-lr)'
    return line + f'); warning: batch differs, --auto-scale-lr would use {rate * batch / base:g}'
