"""From a config to a Runner: devices, processes, precision, and what a run lacks, said before it starts."""

from __future__ import annotations

import copy
import json
import os
import traceback
from pathlib import Path
from typing import Any

import torch
from mmengine.config import Config
from mmengine.dist import is_main_process
from mmengine.runner import Runner

from mlfo_mm.datasets.annotation import find_dataset, has_labels, list_file, list_names, read_list
from mlfo_mm.datasets.content import TRAINED_ON
from mlfo_mm.engine.announce import QuietRunner, plan_lines
from mlfo_mm.engine.checkpoints import (
    SAFETENSORS,
    backbone_differences,
    check_origin,
    differences,
    read_checkpoint,
    tensors_of,
)
from mlfo_mm.engine.config import scaled_learning_rate, small_run
from mlfo_mm.engine.hooks.checkpoint import REMEDY, find_resume, refuse_occupied
from mlfo_mm.engine.hooks.health import HealthHook
from mlfo_mm.engine.hooks.origin import OriginHook
from mlfo_mm.engine.hooks.preemption import PreemptionHook
from mlfo_mm.engine.loop import ResumableTrainLoop
from mlfo_mm.engine.optim import AutocastOptimWrapper
from mlfo_mm.engine.origin import DATA, continued, origin
from mlfo_mm.engine.starters import start_processes
from mlfo_mm.errors import UserError, line_of, printable_lines, reason_of
from mlfo_mm.files import disk_errors, make_writable, remove_leftovers, write_atomic
from mlfo_mm.study.tasks import TASKS


def missing(config: Config, processes: int) -> list[str]:
    """What a training run of a config on so many processes lacks on this machine, a line each."""
    lines = []
    gpus = torch.cuda.device_count()
    if gpus < processes and (gpus > 0 or config.get('profile') == 'paper'):
        lines.append(
            f'{processes} GPUs asked for, {gpus} here: ask for at most that, or take a small profile '
            f'({small_run(config)}), which runs on CPU processes'
        )
    try:
        training_list(config)
    except UserError as error:
        lines.append(str(error))
    return lines


def use_amp(config: Config) -> None:
    """Train under bfloat16 autocast, on CPU or GPU (same range as float32: no loss scaling)."""
    # by name: a lazy config that was given a class can no longer be written to a file
    config.optim_wrapper.type = AutocastOptimWrapper.__name__


def default_work_dir(method: str, stem: str) -> Path:
    """Where a run's files go unless ``--work-dir`` says otherwise."""
    return Path('work_dirs', method, stem)


def prepare_work_dir(work_dir: str | Path, config_name: str = '') -> Path:
    """Create the work directory and prove that it can be written, and nothing is in a file's place.

    Args:
        work_dir: The folder.
        config_name: Of the file that mmengine writes the config to.
    """
    try:
        str(work_dir).encode()
    except UnicodeEncodeError:  # the config that names it is UTF-8
        raise UserError(f'--work-dir {work_dir}: a name in UTF-8 is needed') from None
    path = make_writable(work_dir, 'the work directory', '--work-dir')
    remove_leftovers(path)
    # mmengine writes to these, after each checkpoint and at the start, were they pipes
    written = [path / name for name in ('last_checkpoint', config_name) if name]
    odd = [each for each in path.glob('epoch_*.pth') if each.is_dir()]
    odd += [each for each in written if not _can_be_file(each)]
    if odd:
        raise UserError(f'{odd[0]} is no file, where a training writes one: move it away')
    return path


def _can_be_file(path: Path) -> bool:
    """Whether a file is at a path, or can be made there, through links too."""
    place = Path(os.path.realpath(path))
    return place.is_file() or (place.parent.is_dir() and not os.path.lexists(place))


def resume_from(work_dir: Path, resume: str | None) -> Path | None:
    """The checkpoint that ``--resume [PATH]`` means; an error where there is none to resume from."""
    if resume is None:
        return None
    if resume != 'auto':
        path = Path(resume)
        if not path.is_file():
            read_checkpoint(path)  # says what there is
        return path
    path = find_resume(work_dir)
    if path is None:
        raise UserError(
            f'--resume: no checkpoint epoch_*.pth in {work_dir}; leave --resume out to start anew'
        )
    return path


def check_resume(path: Path, config: Config) -> dict[str, Any]:
    """Refuse a checkpoint of another method or backbone, naming the first keys that differ.

    Returns:
        The checkpoint.
    """
    checkpoint = read_checkpoint(path)
    if 'optimizer' not in checkpoint or 'message_hub' not in checkpoint:
        raise UserError(
            f'--resume {path}: holds no training state; use load_from={path} to start from its weights'
        )
    meta = checkpoint.get('meta', {})
    found = differences(model_state(config), tensors_of(checkpoint))
    if found:
        raise UserError(
            f'--resume {path}: written by another config ({meta.get("experiment_name", "unknown")}); '
            f'its tensors differ from those of {config.filename}: {found}'
        )
    keys = ('method', 'variant', 'backbone_name', 'time_padding')
    check_origin(path, checkpoint, {key: config[key] for key in keys if key in config})
    if epochs_left(checkpoint, config) < 0:
        raise UserError(
            f'--resume {path}: is at epoch {meta["epoch"]} already: nothing is left to train of '
            f'train_cfg.max_epochs={config.train_cfg.max_epochs}'
        )
    return checkpoint


def epochs_left(checkpoint: dict[str, Any], config: Config) -> int:
    """Whole or begun epochs that a config has beyond a checkpoint that says where it is, below 0 too."""
    done = checkpoint.get('meta', {}).get('epoch')
    return config.train_cfg.max_epochs - (done if isinstance(done, int) else 0)


def check_start(path: str, config: Config) -> str:
    """Refuse ``load_from`` of weights that would leave part of the backbone as it was drawn.

    mmengine passes over what does not fit.

    Returns:
        A line that says what is loaded.

    Raises:
        UserError: No local file, code in it, or tensors that do not fit.
    """
    if '://' in path or path.endswith(SAFETENSORS):
        raise UserError(
            f'load_from={path}: a local checkpoint is needed; download it, or convert it with '
            'tools/convert_checkpoint.py'
        )
    given, own = tensors_of(read_checkpoint(Path(path))), model_state(config)
    found, known = backbone_differences(own, given)
    if found:
        raise UserError(f'load_from={path} does not fit {config.filename}: {found}')
    line = f'load_from={path}: {len(known)} of {len(own)} tensors loaded'
    return f'{line}, {len(given) - len(known)} of its own left out, the rest as drawn'


def model_state(config: Config) -> dict[str, torch.Tensor]:
    """State dict of a config's model, freshly drawn."""
    from mmaction.registry import MODELS

    return MODELS.build(config.model).state_dict()


def training_list(config: Config) -> Path:
    """The list of videos that a config trains on."""
    dataset = config.train_dataloader.dataset
    folder = find_dataset(dataset.dataset, dataset.get('data_root'))
    return list_file(folder, dataset.get('subset', 'train'), dataset.get('split', 1))


def _check_batch(config: Config, processes: int) -> None:
    path = training_list(config)
    videos, batch = len(read_list(path, None)), config.train_dataloader.batch_size * processes
    if batch > videos:
        raise UserError(
            f'a batch of {batch} in total is more than the {videos} videos of {path}: '
            'lower train_dataloader.batch_size'
        )


def next_command(config: Config) -> list[str]:
    """What to type when a training is done: its weights, evaluated on its own data set."""
    tasks = [task.key for task in TASKS.values() if task.frozen and not task.pictures][:2]
    where = str(config.work_dir)
    where = f'./{where}' if where.startswith('-') else where  # not an option
    command = ['python', 'tools/evaluate.py', where, '--task', *tasks]
    folder = find_dataset(str(config.pretrain_dataset))
    own = has_labels(folder) and any(name.startswith('test') for name in list_names(folder))
    return command if own else [*command, '--dataset', 'NAME']


def train(config: Config, launcher: str, resume: str | None, auto_scale_lr: bool) -> Runner:
    """Run a training config to its end.

    Args:
        config: The config, its ``work_dir`` set.
        launcher: 'none', 'pytorch', 'slurm' or 'mpi'.
        resume: None, 'auto' or a checkpoint.
        auto_scale_lr: Scale the learning rate to the effective batch.

    Raises:
        UserError: For anything that the user can mend.
    """
    if config.get('resume'):
        if resume is None:
            raise UserError(
                f'{config.filename}: resume={config.resume}: say --resume [CHECKPOINT] in its place, '
                'which compares the run with what it was'
            )
        # as the config says that an earlier stop left in its work directory
        config.resume, config.load_from = False, None
    composed = copy.deepcopy(config)  # before it is changed for this machine
    processes = start_processes(config, launcher)
    lines = missing(config, processes if torch.cuda.is_available() or processes > 1 else 0)
    if lines:
        raise UserError('; '.join(lines))
    work_dir = prepare_work_dir(config.work_dir, Path(config.filename or '').name)
    path = resume_from(work_dir, resume)
    # by its name or by what that links to: checkpoints may lie on another disk
    homes = [] if path is None else [path.parent.resolve(), path.resolve().parent]
    if work_dir.resolve() not in homes:
        refuse_occupied(work_dir)
    checkpoint = check_resume(path, config) if path is not None else None
    lines = [check_start(config.load_from, config)] if config.load_from and path is None else []
    if checkpoint is not None and epochs_left(checkpoint, config) == 0:
        lines.append(f'nothing is left to train: {path} is at the last epoch')
    _check_batch(config, processes)
    config.train_dataloader.dataset.seed = config.randomness.seed
    config.train_cfg.type = ResumableTrainLoop.__name__  # by name, as in use_amp
    batch_line = scaled_learning_rate(config, processes, auto_scale_lr)
    composed.optim_wrapper.optimizer.lr = config.optim_wrapper.optimizer.lr
    batch = config.train_dataloader.batch_size * processes
    facts = origin(composed, batch, training_list(config), processes)
    if path is not None and checkpoint is not None:
        facts = continued(path, checkpoint, facts, config.randomness.seed)
        config.resume, config.load_from = True, str(path)
    if is_main_process():  # for who does not read checkpoints
        where = config.train_dataloader.dataset
        told = facts[DATA] | dict(dataset=where.dataset, split=where.get('split', 1))
        write_atomic(work_dir / TRAINED_ON, json.dumps(told, indent=1) + '\n')
    stop = PreemptionHook()
    with disk_errors(work_dir, REMEDY):
        try:
            runner = QuietRunner.from_cfg(config)
            for hook in (
                HealthHook(),
                OriginHook(facts),
                stop,
            ):  # not in the configs: they change no result
                runner.register_hook(hook)
            if is_main_process():
                # in place of mmengine's, which holds what is this machine's and this stop's own
                composed.dump(work_dir / Path(runner.cfg.filename or f'{runner.timestamp}.py').name)
                plan = (training_list(composed), processes, batch_line)
                lines = [*plan_lines(runner, composed, *plan), *lines]
                print(printable_lines('\n'.join(lines)), flush=True)
            for line in lines:
                runner.logger.info(line)
            runner.train()
        except ValueError as error:  # losses and samplers say which number is too small for what
            raise UserError(f'{config.filename}: {error}') from error
        except Exception as error:
            if stop.running or line_of(error) is not None:
                raise
            raise _not_begun(config, path, error) from error
    return runner


def _not_begun(config: Config, resume: Path | None, error: Exception) -> UserError:
    """What was to be built of a config, or resumed from a checkpoint, and did not take its values."""
    while error.__cause__ is not None and isinstance(error.__cause__, Exception):
        error = error.__cause__
    *_, frame = traceback.extract_tb(error.__traceback__)
    what = config.filename if resume is None else f'{config.filename} and --resume {resume}'
    return UserError(
        f'{what}: a value does not do: {reason_of(error)} (in {Path(frame.filename).name}:{frame.lineno})'
    )
