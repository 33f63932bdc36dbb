"""Decode every video of a data set and say which would fail, before a training run meets them."""

from __future__ import annotations

import csv
import importlib.util
import io
import json
import subprocess
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from queue import SimpleQueue
from typing import Any, NamedTuple

from tqdm import tqdm

from mlfo_mm.datasets.annotation import (
    list_names,
    read_classes,
    read_list,
)
from mlfo_mm.datasets.leakage import check_leakage
from mlfo_mm.errors import UserError
from mlfo_mm.files import no_formula, write_atomic

WORKER = Path(__file__).with_name('decode_worker.py')
BROKEN = ('missing', 'empty', 'broken', 'timeout')


class Checked(NamedTuple):
    """What decoding a video gave.

    Attributes:
        path: As in the lists.
        where: Its lines in the lists (``train.txt:3; train2.txt:7``).
        status: ``ok``, ``short``, or one of :data:`BROKEN`.
        frames: Frames decoded.
        width: Of the last frame.
        height: Of the last frame.
        fps: As the file says.
        message: What is wrong.
    """

    path: str
    where: str
    status: str
    frames: int
    width: int
    height: int
    fps: float
    message: str


class Decoder:
    """A process that decodes one video after another, replaced when a video hangs or crashes it."""

    _process: subprocess.Popen[str] | None = None

    def probe(self, path: Path, timeout: float) -> dict[str, Any]:
        """Decode a video; a decoder that takes more than ``timeout`` seconds is ended."""
        process = self._running()
        assert process.stdin is not None
        assert process.stdout is not None
        expired = threading.Event()

        def end() -> None:
            expired.set()
            process.kill()

        timer = threading.Timer(timeout, end)
        timer.start()
        try:
            process.stdin.write(json.dumps(str(path)) + '\n')
            process.stdin.flush()
            answer = process.stdout.readline()
        except BrokenPipeError:
            answer = ''
        finally:
            timer.cancel()
        if answer:
            result: dict[str, Any] = json.loads(answer)
            return result
        code = process.wait()
        self.close()
        failed = {'frames': 0, 'width': 0, 'height': 0, 'fps': 0.0}
        if expired.is_set():
            return failed | {'status': 'timeout', 'message': f'not decoded within {timeout:g} s'}
        return failed | {'status': 'broken', 'message': f'the decoder crashed (exit code {code})'}

    def _running(self) -> subprocess.Popen[str]:
        if self._process is None or self._process.poll() is not None:
            self.close()
            # -P keeps this package's modules from standing in for others of the same name.
            self._process = subprocess.Popen(
                [sys.executable, '-P', str(WORKER)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
            )
            # Waited for here, so that starting up does not count against a video's time limit.
            if self._process.stdout is None or not self._process.stdout.readline():
                raise UserError(f'the decoder does not start; try: {sys.executable} {WORKER}')
        return self._process

    def close(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None


def collect_videos(dataset_dir: Path, lists: Iterable[str] | None = None) -> dict[str, str]:
    """Videos of a data set's lists, each once, with the lines that name it.

    The lists are checked on the way: labels within the classes, the same in every list, and no test
    video in the training list of its split.

    Args:
        dataset_dir: Folder of the data set.
        lists: Names of list files in it; all of them by default.
    """
    num_classes = len(read_classes(dataset_dir))
    names = list(lists) if lists else list_names(dataset_dir)
    samples = {name: read_list(dataset_dir / name, num_classes) for name in names}
    for name in samples:
        partner = name.replace('train', 'test')
        if name.startswith('train') and partner in samples:
            check_leakage(samples[name], samples[partner], dataset_dir)
    where: dict[str, list[str]] = {}
    label_of: dict[str, int] = {}
    for name, entries in samples.items():
        for sample in entries:
            where.setdefault(sample.path, []).append(f'{name}:{sample.line}')
            if label_of.setdefault(sample.path, sample.label) != sample.label:
                raise UserError(
                    f'{dataset_dir}: {sample.path} has label {label_of[sample.path]} at '
                    f'{where[sample.path][0]} and {sample.label} at {name}:{sample.line}'
                )
    return {path: '; '.join(lines) for path, lines in where.items()}


def check_videos(
    dataset_dir: Path,
    videos: dict[str, str],
    workers: int = 2,
    timeout: float = 60.0,
    min_frames: int = 32,
    progress: bool = True,
) -> list[Checked]:
    """Decode videos in parallel.

    Args:
        dataset_dir: Folder that their paths are relative to.
        videos: Paths, each with its lines in the lists.
        workers: Decoding processes.
        timeout: Seconds for one video.
        min_frames: A video with fewer is ``short``.
        progress: Show a progress bar with the time left on standard error.
    """
    if importlib.util.find_spec('av') is None:
        raise UserError('PyAV is not installed: pip install av')
    if workers < 1 or timeout <= 0:
        raise UserError(f'{workers} workers and {timeout:g} s: both must be above 0')
    decoders = [Decoder() for _ in range(workers)]
    idle: SimpleQueue[Decoder] = SimpleQueue()
    for decoder in decoders:
        idle.put(decoder)

    def check(path: str, where: str) -> Checked:
        decoder = idle.get()
        try:
            found = decoder.probe(dataset_dir.absolute() / path, timeout)
        finally:
            idle.put(decoder)
        if found['status'] == 'ok' and found['frames'] < min_frames:
            message = f'shorter than {min_frames} frames'
            found |= {'status': 'short', 'message': message}
        return Checked(path=path, where=where, **found)

    results: dict[str, Checked] = {}
    pool = ThreadPoolExecutor(workers)
    try:
        jobs = [pool.submit(check, path, where) for path, where in videos.items()]
        bar = tqdm(
            as_completed(jobs), total=len(jobs), unit='video', disable=None if progress else True
        )
        for job in bar:
            result = job.result()
            results[result.path] = result
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
        for decoder in decoders:
            decoder.close()
    return [results[path] for path in videos]


def make_room(report: Path) -> None:
    """Make the report's folder and see that it takes files, ahead of the long work."""
    try:
        report.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=report.parent):
            pass
    except OSError as error:
        raise UserError(f'cannot write {report}: {error.strerror}') from error


def write_report(results: Iterable[Checked], path: Path) -> None:
    """Write the results as CSV."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator='\n')
    writer.writerow(Checked._fields)
    texts = ([no_formula(str(value)) for value in result] for result in results)
    writer.writerows(texts)
    write_atomic(path, text.getvalue())


def summarise(results: list[Checked], dataset_dir: Path, most: int = 20) -> list[str]:
    """Lines for the user: at most ``most`` videos of each fault, then the counts."""
    lines = []
    for status in (*BROKEN, 'short'):
        faulty = [r for r in results if r.status == status]
        lines += [
            f'{status}: {dataset_dir / r.path}: {r.frames} frames, {r.message} ({r.where})'
            for r in faulty[:most]
        ]
        if len(faulty) > most:
            lines.append(f'{status}: and {len(faulty) - most:,} more, see the report')
    counts = Counter(r.status for r in results)
    parts = [f'{counts[s]:,} {s}' for s in ('ok', 'short', *BROKEN) if counts[s]]
    return [*lines, f'{len(results):,} videos: {", ".join(parts)}']
