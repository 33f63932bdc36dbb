"""The commands that kill_anywhere.py kills, and how it starts them."""

from __future__ import annotations

import contextlib
import itertools
import multiprocessing.context
import os
import runpy
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from mlfo_mm.processes import die_with_parent
from mlfo_mm.study.experiments import EXPERIMENTS
from mlfo_mm.study.identity import Pretraining, Protocol, evaluation_identity
from mlfo_mm.study.profiles import PROFILES
from mlfo_mm.study.provenance import provenance
from mlfo_mm.study.records import Record, write_record
from mlfo_mm.study.tasks import TASKS

ROOT = Path(__file__).resolve().parents[3]
SMOKE = 'simclr/r3d18@smoke'
EVALUATE = f'tools/evaluate.py {SMOKE} none --dataset digits_motion --work-dir {{0}}/work'
DEMO = PROFILES['demo']
RUNNER = 'tools/benchmark.py run --profile smoke --methods moco --dataset digits_motion'


@dataclass(frozen=True)
class Kind:
    """A command; ``forks``: most of a short run is imports, which a fork of this process has done."""

    words: str
    forks: bool = False


KINDS = {
    'tables': Kind('tools/make_tables.py --profile demo --results {0}/results'),
    'cache': Kind('tools/data/build_frame_cache.py digits_motion --workers 2'),
    'pretrain': Kind(
        f'tools/train.py {SMOKE} --work-dir {{0}}/run --results {{0}}/results '
        '--cfg-options default_hooks.logger.interval=1',
        forks=True,
    ),
    'probe': Kind(f'{EVALUATE} --results {{0}}/results --task linear_probe', forks=True),
    'finetune': Kind(f'{EVALUATE} --results {{0}}/results --task finetune', forks=True),
    'runner': Kind(f'{RUNNER} --task retrieval --work-dir {{0}}/work --results {{0}}/results'),
}


class Forked(multiprocessing.context.ForkProcess):
    """A fork, with the methods of a Popen."""

    def poll(self) -> int | None:
        """Exit status, None while it runs."""
        return self.exitcode

    def wait(self) -> int:
        """Wait for its end."""
        self.join()
        return self.exitcode


def start(kind: Kind, folder: Path, data: Path, fork: bool) -> subprocess.Popen | Forked:
    """The command in a process group of its own, resumed where there is something."""
    words = kind.words.format(folder).split()
    words[2:2] = ['--resume'] if list(folder.glob('run/epoch_*.pth')) else []
    environment = os.environ | dict(PYTHONPATH=str(ROOT), MLFO_DATA_ROOT=str(data))
    environment['MLFO_FRAME_CACHE'] = str(folder / 'frames') if 'cache' in words[0] else ''
    (folder / 'log').touch()  # a fork may be dead before it writes
    if fork:
        process = Forked(target=_run, args=(words, folder / 'log', environment))
        process.start()
        with contextlib.suppress(OSError):  # it does so itself, perhaps later
            os.setpgid(process.pid, process.pid)
        return process
    with (folder / 'log').open('ab') as log:
        how = dict(cwd=ROOT, env=environment, stdout=log, stderr=log, start_new_session=True)
        return subprocess.Popen([sys.executable, *words], preexec_fn=die_with_parent, **how)


def _run(words: list[str], log: Path, environment: dict[str, str]) -> None:
    os.setpgid(0, 0)
    die_with_parent()
    for stream in (1, 2):
        os.dup2(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND), stream)
    os.environ.update(environment)
    os.chdir(ROOT)
    sys.argv = words
    runpy.run_path(words[0], run_name='__main__')


def finish(kind: Kind, folder: Path, data: Path, fork: bool) -> tuple[float, float]:
    """Run to the end; seconds until its first file and until its end."""
    begin, old, first = time.monotonic(), set(folder.rglob('*')), None
    process = start(kind, folder, data, fork)
    while process.poll() is None:
        if first is None and has_begun(folder, old):
            first = time.monotonic() - begin
        time.sleep(0.01)
    if process.wait():
        raise RuntimeError((folder / 'log').read_text()[-2000:])
    end = time.monotonic() - begin
    return first or end, end


def has_begun(folder: Path, old: set[Path]) -> bool:
    """Whether there is a file that was not there before the start."""
    return any(path.name != 'log' and path.is_file() for path in set(folder.rglob('*')) - old)


def place(name: str, folder: Path) -> Path:
    """An empty folder, with records where they are what is read."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    if name == 'tables':
        make_records(folder / 'results')
    return folder


def make_records(results: Path) -> None:
    """Records of the demo's whole matrix, their numbers made up: food for the tables."""
    when = '2026-01-01T00:00:00+00:00'
    counts, origin = dict(expected=8, read=8, skipped=0), provenance()
    for place, row in enumerate(EXPERIMENTS):
        run = (row.method, row.name, row.backbone, 'digits_motion', 'demo', row.run(DEMO))
        for dataset, task in itertools.product(DEMO.datasets, row.needs(DEMO.tables, TASKS)):
            protocol = Protocol(1, task, dataset, 1, 'prob', False, False, '')
            record = Record(
                **evaluation_identity(Pretraining(*run, bare=''), protocol, 0, row.untrained),
                protocol=dict(line=f'{task} on {dataset}', num_classes=8),
                metrics={metric.key: 40.0 + place for metric in TASKS[task].metrics},
                n_samples=dict(train=counts, test=counts),
                checkpoint=None,
                **origin,
                wall_time_s=1.0,
                start=when,
                end=when,
            )
            write_record(record, results)
