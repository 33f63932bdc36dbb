"""Run a profile: pretrain, evaluate, and start again where an earlier run was stopped."""

from __future__ import annotations

import copy
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from mlfo_mm.benchmark.profiles import PROFILES, TASKS, Profile
from mlfo_mm.datasets.annotation import find_dataset
from mlfo_mm.engine.config import load_config
from mlfo_mm.engine.hooks.checkpoint import readable
from mlfo_mm.errors import UserError
from mlfo_mm.evaluation.evaluate import evaluate, summary
from mlfo_mm.evaluation.job import NO_CHECKPOINT, NOT_FAMILY, Request
from mlfo_mm.reporting import hash_text


@dataclass(frozen=True)
class Pretraining:
    """One pretraining run.

    Attributes:
        config: Its config.
        options: Config values that the runner sets.
        seed: Seed of everything.
        epochs: Epochs it trains.
        work_dir: Its folder; the name holds a hash of the config, so that a changed config is a
            new run.
    """

    config: str
    options: dict[str, str]
    seed: int
    epochs: int
    work_dir: Path

    @property
    def checkpoint(self) -> Path:
        """The last epoch's checkpoint."""
        return self.work_dir / f'epoch_{self.epochs}.pth'

    @property
    def done(self) -> bool:
        """Whether the last checkpoint is there, whole."""
        return self.checkpoint.is_file() and readable(self.checkpoint)


def pretraining(root: Path, config: str, dataset: str, seed: int, work_dir: Path) -> Pretraining:
    """The run of a config on a data set's training list."""
    options = {}
    read = load_config(root / config)
    if read.pretrain_dataset != dataset:
        options = {'pretrain_dataset': dataset, 'train_dataloader.dataset.dataset': dataset}
        read = load_config(root / config, options)
    shown = copy.deepcopy(read)
    for key in NOT_FAMILY:
        shown.pop(key, None)
    name = f'{read.method}-{read.variant}_{dataset}_{hash_text(shown.pretty_text)[:8]}_seed{seed}'
    return Pretraining(
        config, options, seed, read.train_cfg.max_epochs, work_dir / read.profile / name
    )


def pretrain(root: Path, run: Pretraining) -> None:
    """Train to the last epoch; a stopped run goes on from its newest checkpoint."""
    if run.done:
        print(f'  done before: {run.checkpoint}')
        return
    command = [sys.executable, str(root / 'tools/train.py'), str(root / run.config)]
    command += ['--work-dir', str(run.work_dir), '--seed', str(run.seed)]
    if any(run.work_dir.glob('epoch_*.pth')):
        command.append('--resume')
    if run.options:
        command += ['--cfg-options', *(f'{key}={value}' for key, value in run.options.items())]
    run.work_dir.mkdir(parents=True, exist_ok=True)
    log = run.work_dir / 'train.log'
    with log.open('a') as stdout:
        code = subprocess.run(command, stdout=stdout, check=False).returncode
    if code or not run.done:
        raise UserError(f'pretraining failed (exit {code}): {" ".join(command)}; log: {log}')


def run_profile(
    name: str,
    root: Path,
    datasets: tuple[str, ...] = (),
    tasks: tuple[str, ...] = TASKS,
    seeds: int = 1,
    work_dir: Path = Path('work_dirs'),
    results: Path = Path('results'),
) -> list[str]:
    """Pretrain and evaluate everything of a profile that is not there yet.

    Args:
        name: Name of the profile.
        root: The repository.
        datasets: Data sets in place of the profile's; pretraining reads the first.
        tasks: Downstream tasks.
        seeds: Number of seeds, from 0.
        work_dir: For checkpoints and features.
        results: For records.

    Returns:
        What failed, a line each; one failure does not stop the others.
    """
    profile: Profile = PROFILES[name]
    datasets = datasets or profile.datasets
    for dataset in datasets:
        find_dataset(dataset)
    runs = [
        pretraining(root, config, datasets[0], seed, work_dir)
        for seed in range(seeds)
        for config in profile.configs
    ]
    jobs: list[tuple[Pretraining, str, str, str]] = []
    for run in runs:
        checkpoints = [str(run.checkpoint)]
        if run.config == profile.configs[0]:
            checkpoints.insert(0, NO_CHECKPOINT)
        jobs += [(run, c, d, task) for c in checkpoints for d in datasets for task in tasks]
    failures: list[str] = []
    total, start = len(runs) + len(jobs), time.monotonic()
    failed: set[Path] = set()
    for index, run in enumerate(runs, 1):
        print(
            f'[{index}/{total}] pretraining {run.config} on {datasets[0]}, seed {run.seed}',
            flush=True,
        )
        try:
            pretrain(root, run)
        except UserError as error:
            failures.append(str(error))
            failed.add(run.work_dir)
    for index, (run, checkpoint, dataset, task) in enumerate(jobs, len(runs) + 1):
        who = 'random weights' if checkpoint == NO_CHECKPOINT else run.work_dir.name
        passed = (time.monotonic() - start) / 60
        print(
            f'[{index}/{total}] {task} of {who} on {dataset} ({passed:.0f} min so far)', flush=True
        )
        if run.work_dir in failed and checkpoint != NO_CHECKPOINT:
            failures.append(f'{task} of {who} on {dataset}: its pretraining failed')
            continue
        request = Request(
            config=root / run.config,
            checkpoint=checkpoint,
            task=task,
            dataset=dataset,
            config_dir=root / 'configs/downstream',
            seed=run.seed,
            work_dir=work_dir / 'evaluate',
            options=run.options,
        )
        try:
            record, _ = evaluate(request, results, reuse=True)
        except UserError as error:
            failures.append(f'{task} of {who} on {dataset}: {error}')
            continue
        print('  ' + summary(record).splitlines()[0], flush=True)
    return failures
