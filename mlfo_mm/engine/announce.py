"""What a training says on the console: what it will do, its bar, warnings. The log file has the rest."""

from __future__ import annotations

import contextlib
import logging
import os
from pathlib import Path
from typing import Any

import torch
from mmengine.config import Config
from mmengine.logging import MMLogger
from mmengine.logging.logger import MMFormatter
from mmengine.runner import Runner
from tqdm import tqdm

from mlfo_mm.engine.optim import AutocastOptimWrapper
from mlfo_mm.errors import UserError
from mlfo_mm.progress import spell
from mlfo_mm.study.names import BACKBONES
from mlfo_mm.study.records import read_record
from mlfo_mm.study.tasks import PRETRAIN

FEW = 100  # steps, below which hardly anything is learned


class BesideBar(logging.StreamHandler):
    """Lines of a log on a console that a progress bar may stand on."""

    def filter(self, record: logging.LogRecord) -> Any:
        """Pass over what mmengine says of its own future."""
        return 'deprecated in future' not in record.getMessage() and super().filter(record)

    def emit(self, record: logging.LogRecord) -> None:
        """Clear the bar, write, and draw it again."""
        with tqdm.external_write_mode(file=self.stream):
            super().emit(record)


class QuietRunner(Runner):
    """mmengine's Runner whose console gets warnings alone, and more only where debugging is on."""

    def build_logger(self, *args: Any, **kwargs: Any) -> MMLogger:
        """Build the log; the file is as ever."""
        logger = super().build_logger(*args, **kwargs)
        for place, handler in enumerate(logger.handlers):
            if type(handler) is logging.StreamHandler and handler.level == logging.INFO:
                console = BesideBar(handler.stream)
                console.setLevel(logging.WARNING)
                coloured = handler.stream.isatty()
                console.setFormatter(MMFormatter(color=coloured, datefmt='%m/%d %H:%M:%S'))
                for each in handler.filters:
                    console.addFilter(each)
                logger.handlers[place] = console
        return logger


def fitting_batch(batch: int, videos: int) -> int:
    """A batch that a small list fills at least twice: a power of two, unless ``batch`` fits."""
    return batch if batch <= videos else 1 << max((videos // 2).bit_length() - 1, 0)


def plan_lines(
    runner: Runner, config: Config, videos: Path, processes: int, batch_line: str
) -> list[str]:
    """What a training will do, in ten lines: ``what  value``.

    Args:
        runner: Built of the config.
        config: As composed.
        videos: The list that it trains on.
        processes: That share each batch.
        batch_line: On batch and learning rate.
    """
    count, steps = len(runner.train_dataloader.dataset), len(runner.train_dataloader)
    batch = config.train_dataloader.batch_size * processes
    dropped = count - steps * batch if config.train_dataloader.get('drop_last') else 0
    left, epochs = runner.max_iters - runner.iter, runner.max_epochs
    network = BACKBONES.get(config.backbone_name, config.backbone_name)
    run = f'{config.method} ({config.variant}) on {network}, profile {config.get("profile")}'
    rest = f', {dropped} of {count:,} videos left out of each (drop_last)' if dropped > 0 else ''
    begun = f', {runner.iter:,} of them done' if runner.iter else ''
    few = ' (few: a smaller train_dataloader.batch_size makes more)'
    work_dir, log_dir = Path(config.work_dir), Path(runner.log_dir).name
    said = dict(
        run=f'{run}, seed {config.randomness.seed}',
        data=f'{count:,} videos of {videos}',
        clips=_clips(config),
        batch=batch_line,
        epochs=f'{epochs:,} of {steps:,} steps{rest}',
        steps=f'{runner.max_iters:,}{few if runner.max_iters < FEW and batch > 2 else ""}{begun}',
        time=_time(config, left * batch),
        device=_device(config, processes),
        log=f'{work_dir / log_dir / runner.timestamp}.log; curves: tensorboard --logdir {work_dir}',
        weights=f'{work_dir}/epoch_N.pth after each epoch; --resume goes on from there',
    )
    return [f'{what:8}{value}' for what, value in said.items()]


def _clips(config: Config) -> str:
    """What clips look like, where a config says so; one that was written as a whole need not."""
    if any(key not in config for key in ('clip_len', 'frame_interval', 'crop_size', 'short_side')):
        return 'as the pipeline of the config makes them'
    line = f'{config.clip_len} frames x stride {config.frame_interval}, {config.crop_size} px of '
    differences = ', differences of frames' if config.get('frame_difference') else ''
    return f'{line}short side {config.short_side}{differences}'


def _time(config: Config, left: int) -> str:
    """How long so many videos will take, by records of the same method, backbone and machine."""
    if left <= 0:
        return 'none, all is done'
    gpus = [torch.cuda.get_device_name()] if torch.cuda.is_available() else []
    rate = None
    named = f'{config.method}-*-{config.backbone_name}-*-{PRETRAIN}-*.json'
    for path in sorted(Path('results/records', str(config.get('profile'))).glob(named)):
        with contextlib.suppress(UserError):
            record = read_record(path)
            if (record.hardware.get('gpus'), record.hardware.get('cores')) == (
                gpus,
                os.cpu_count(),
            ):
                rate = record.cost.get('clips_per_s', rate)
    if not rate:
        return 'not known before the first steps'
    return f'about {spell(left / rate)}, as fast as before (results/records)'


def _device(config: Config, processes: int) -> str:
    name = torch.cuda.get_device_name() if torch.cuda.is_available() else 'no GPU: CPU'
    if not torch.cuda.is_available():
        name += f' of {os.cpu_count()} cores'
    amp = config.optim_wrapper.type in (AutocastOptimWrapper, AutocastOptimWrapper.__name__)
    many = f', {processes} processes' if processes > 1 else ''
    return f'{name}{many}, {"bfloat16 autocast" if amp else "float32"}'
