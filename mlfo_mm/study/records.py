"""A result is a record: one JSON file with the numbers and all that is needed to judge them."""

from __future__ import annotations

import json
import re
import types
import typing
from dataclasses import MISSING, asdict, dataclass, field, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar, NoReturn

from mlfo_mm.errors import UserError, did_you_mean
from mlfo_mm.files import stay_inside, write_atomic
from mlfo_mm.study.identity import hash_text
from mlfo_mm.study.outcomes import wrong_outcomes
from mlfo_mm.study.paths import REFERENCE
from mlfo_mm.study.profiles import PROFILES
from mlfo_mm.study.strict_json import is_text, read_json
from mlfo_mm.study.tasks import PRETRAIN, TASKS

SCHEMA_VERSION = 1
STATUSES = ('done', 'failed')
MOST = 2**53  # up to it whole numbers are the same in floating point
LARGEST = 1e100  # beyond it sums and squares are no longer finite
SAFE_ID = re.compile(r'[A-Za-z0-9][A-Za-z0-9._+=-]{0,199}')


@dataclass
class Record:
    """One evaluation of one set of weights on one task and data set, or one pretraining.

    Attributes:
        experiment: file name of the record without ``.json``, see :mod:`mlfo_mm.study.identity`.
        method: registry-independent key, ``random`` for weights that were never trained.
        variant: ``default`` for the recipe without changes, empty for such weights.
        pretrain_dataset: ``none`` for random weights.
        protocol: settings of the evaluation; ``line`` is their one-line summary, ``num_classes``
            gives the tables their chance level.
        metrics: percent, 0 to 100: ``top1 top5 mean_class``, ``R@1 R@5 ...`` on raw features and
            ``R@1_centred ...`` on centred ones. Of a pretraining, the last epoch's means of all
            that was logged, of any size. Empty if ``status`` is ``failed``.
        n_samples: ``train`` and ``test``, each with ``expected``, ``read`` and ``skipped`` clips.
        config_hash: SHA-256 of ``config_text``.
        family_hash: the same without the seed: runs that may be averaged share it.
        checkpoint: ``name`` and ``sha256`` of the evaluated file, None for random weights.
        git: ``commit`` and ``dirty``; with ``versions`` and ``hardware`` of :mod:`provenance`.
        start: ISO 8601, like ``end``.
        status: ``done`` or ``failed``; ``reason`` says why it failed.
        cost: ``params_m`` of the backbone in millions and ``gflops`` of it for a clip of the
            evaluation's size; of a pretraining also ``clips_per_s``, ``peak_memory_mb`` and
            ``wall_time_s``.
        curves: Lists of one length: ``epoch``, counted from 1, and what was logged in it.
        details: What a figure shows beside the metrics.
        outcomes: Of metrics that are a mean over the test videos, each video's value in percent, in
            the order of the list: ``'100 0 66.67'``. Comparisons pair them.
        leakage: ``lists`` that the number rests on (``test``, ``training``, ``pretraining``), each
            with file, videos, hash of its lines and ``content``, the digest of lines, classes and
            videos that reuse and columns follow; ``compared``, by what no test video and no other
            clip of its group was found in the others; ``unchecked`` with the reason. Empty: not checked.
        settings: values of the pretraining that sweeps change, by their names.
    """

    experiment: str
    method: str
    variant: str
    backbone: str
    pretrain_dataset: str
    task: str
    dataset: str
    split: int
    profile: str
    seed: int
    protocol: dict[str, Any]
    metrics: dict[str, float]
    n_samples: dict[str, dict[str, int]]
    config_text: str
    config_hash: str
    family_hash: str
    checkpoint: dict[str, str | None] | None
    git: dict[str, str | bool | None]
    versions: dict[str, str | None]
    hardware: dict[str, Any]
    wall_time_s: float
    start: str
    end: str
    decoder: str | None = None
    train_log: dict[str, Any] | None = None
    notes: list[str] = field(default_factory=list)
    status: str = 'done'
    reason: str = ''
    cost: dict[str, float] = field(default_factory=dict)
    curves: dict[str, list[float | None]] = field(default_factory=dict)
    details: dict[str, Any] = field(default_factory=dict)
    leakage: dict[str, Any] = field(default_factory=dict)
    settings: dict[str, float] = field(default_factory=dict)
    outcomes: dict[str, str] = field(default_factory=dict)
    schema_version: int = SCHEMA_VERSION
    reference: ClassVar[bool] = False  # shipped, and shown beside records of one's own

    def finished(self) -> datetime:
        """Return the end as a moment that can be compared; without a time zone it counts as UTC."""
        moment = datetime.fromisoformat(self.end)
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


HINTS = typing.get_type_hints(Record)


def write_record(record: Record, results_dir: str | Path = 'results') -> Path:
    """Check a record and write it to ``<results_dir>/records/<profile>/<experiment>.json``."""
    check_record(asdict(record), f'record {record.experiment!r}')
    path = record_path(record.profile, record.experiment, results_dir)
    text = json.dumps(asdict(record), indent=1, ensure_ascii=False, allow_nan=False)
    return write_atomic(path, text + '\n')


def record_path(profile: str, experiment: str, results_dir: str | Path = 'results') -> Path:
    """Where a record lies.

    Raises:
        UserError: It would leave the folder of results, by its name or by a link.
    """
    if profile not in PROFILES or not SAFE_ID.fullmatch(experiment):
        raise UserError(f'record {profile!r}/{experiment!r}: no profile, or no safe file name')
    path = Path(results_dir) / 'records' / profile / f'{experiment}.json'
    stay_inside(path, Path(results_dir))
    return path


def require_folder(results_dir: str | Path, with_reference: bool = False) -> None:
    """Refuse a folder of results that is not there, such as a mistyped one.

    Shipped records alone need none: it is made.
    """
    if not with_reference and not Path(results_dir).is_dir():
        raise UserError(f'no folder {results_dir}: --results names the one with records/')


def require_records(results_dir: str | Path, profile: str, with_reference: bool = False) -> None:
    """Refuse a profile without any record: what is made of none says nothing."""
    require_folder(results_dir, with_reference)
    folders = [Path(results_dir) / 'records', *([REFERENCE / 'records'] if with_reference else [])]
    there = sorted({path.parent.name for folder in folders for path in folder.glob('*/*.json')})
    if profile in PROFILES and profile not in there:
        raise UserError(
            f'no records of the profile {profile} in {folders[0]} (there: {", ".join(there) or "none"}): '
            f'tools/benchmark.py run --profile {profile} or tools/evaluate.py makes them'
        )


def load_records(
    results_dir: str | Path, profile: str | None = None, with_reference: bool = False
) -> list[Record]:
    """Read the records of one profile, or of all, in the order of their file names.

    Args:
        results_dir: Folder of the results.
        profile: Name of the profile, None for all.
        with_reference: Add the shipped records, marked as such.

    Raises:
        UserError: a malformed record, with its file and key.
    """
    if profile is not None and profile not in PROFILES:
        raise UserError(f'profile {profile!r} is none of {", ".join(PROFILES)}')
    pattern = f'{profile or "*"}/*.json'
    files = sorted((Path(results_dir) / 'records').glob(pattern))
    found = [read_record(path) for path in files if not path.name.startswith('.')]
    shipped = load_records(REFERENCE, profile) if with_reference else []
    for record in shipped:
        record.reference = True  # type: ignore[misc]
    return found + shipped


def read_record(path: Path) -> Record:
    """Read and check one record."""
    stay_inside(path, path.parents[2])
    record = check_record(read_json(path), str(path))
    if (path.parent.name, path.stem) != (record.profile, record.experiment):
        place = f'{record.profile}/{record.experiment}.json'
        raise UserError(f'{path}: its profile and experiment belong to records/{place}')
    return record


def check_record(data: object, where: str) -> Record:
    """Turn plain data into a record; ``where`` stands at the head of every complaint."""
    if not isinstance(data, dict):
        raise UserError(f'{where}: a record is a JSON object, this is {type(data).__name__}')
    known = {item.name: item for item in fields(Record)}
    for key in data:
        if key not in known:
            raise UserError(f'{where}: unknown key {key!r}{did_you_mean(str(key), known)}')
    for key, item in known.items():
        if key not in data and item.default is MISSING and item.default_factory is MISSING:
            raise UserError(f'{where}: key {key!r} is missing')
    for key, value in data.items():
        try:
            fits = _fits(value, HINTS[key])
        except RecursionError:
            raise UserError(f'{where}: key {key!r} is nested too deeply') from None
        if not fits:
            hint = str(known[key].type)
            raise UserError(f'{where}: key {key!r} must be {hint} (finite), is {value!r:.80}')
    record = Record(**data)
    _check_values(record, where)
    return record


def _fits(value: object, hint: Any) -> bool:
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        return any(_fits(value, arg) for arg in args)
    if origin is dict:
        return isinstance(value, dict) and all(
            _fits(key, args[0]) and _fits(item, args[1]) for key, item in value.items()
        )
    if origin is list:
        return isinstance(value, list) and all(_fits(item, args[0]) for item in value)
    if hint is Any:
        return _is_json(value)
    if isinstance(value, bool):
        return hint is bool
    if hint is float:
        return isinstance(value, int | float) and abs(value) <= LARGEST  # not so of NaN
    if hint is int:
        return isinstance(value, int) and abs(value) <= MOST
    return isinstance(value, hint) and (hint is not str or is_text(value))


def _is_json(value: object) -> bool:
    if isinstance(value, dict):
        return all(_fits(key, str) and _is_json(item) for key, item in value.items())
    if isinstance(value, list):
        return all(map(_is_json, value))
    if isinstance(value, float):
        return abs(value) <= LARGEST
    return value is None or isinstance(value, bool) or _fits(value, int) or _fits(value, str)


def _check_values(record: Record, where: str) -> None:
    def fail(key: str, problem: str) -> NoReturn:
        raise UserError(f'{where}: key {key!r}: {problem}')

    if record.schema_version != SCHEMA_VERSION:
        fail('schema_version', f'is {record.schema_version}, this version reads {SCHEMA_VERSION}')
    if not SAFE_ID.fullmatch(record.experiment):
        fail('experiment', f'{record.experiment!r} is not a safe file name')
    for key, allowed in (
        ('profile', tuple(PROFILES)),
        ('task', (*TASKS, PRETRAIN)),
        ('status', STATUSES),
    ):
        value = getattr(record, key)
        if value not in allowed:
            fail(key, f'{value!r} is none of {", ".join(allowed)}{did_you_mean(value, allowed)}')
    if record.config_hash != hash_text(record.config_text):
        fail('config_hash', 'is not the SHA-256 of config_text')
    if not isinstance(record.protocol.get('line'), str) or not record.protocol['line'].strip():
        fail('protocol', "needs 'line', a one-line summary of the evaluation")
    classes = record.protocol.get('num_classes', 2)
    if not isinstance(classes, int) or classes < 1:
        fail('protocol', f"'num_classes' must be a positive integer, is {classes!r}")
    for name, value in record.metrics.items():
        if record.task != PRETRAIN and not 0 <= value <= 100:
            fail('metrics', f'{name} is {value!r}, allowed 0 to 100 (percent)')
    for name, value in record.cost.items():
        if value < 0:
            fail('cost', f'{name} is {value!r}, a cost is at least 0')
    if any(value is None for value in record.curves.get('epoch', [])):
        fail('curves', "'epoch' must hold numbers")
    lengths = {name: len(values) for name, values in record.curves.items()}
    if lengths and ('epoch' not in lengths or len(set(lengths.values())) > 1):
        fail('curves', f"needs 'epoch' and lists of its length, has {lengths}")
    if record.status == 'done' and not record.metrics:
        fail('metrics', 'is empty although the status is done')
    if record.status == 'failed' and (record.metrics or not record.reason):
        fail('status', 'a failed run has a reason and no metrics')
    if set(record.n_samples) != {'train', 'test'}:
        fail('n_samples', f'needs train and test, has {sorted(record.n_samples)}')
    for name, counts in record.n_samples.items():
        if set(counts) != {'expected', 'read', 'skipped'} or min(counts.values()) < 0:
            fail('n_samples', f'{name} needs expected, read and skipped counts, is {counts}')
        if counts['read'] + counts['skipped'] != counts['expected']:
            fail('n_samples', f'{name}: read and skipped do not make up expected, in {counts}')
    for name, text in record.outcomes.items():
        if problem := wrong_outcomes(name, text, record.metrics, record.n_samples['test']['read']):
            fail('outcomes', problem)
    if record.checkpoint is not None and set(record.checkpoint) != {'name', 'sha256'}:
        fail('checkpoint', 'needs name and sha256, or is null for random weights')
    if set(record.git) != {'commit', 'dirty'}:
        fail('git', f'needs commit and dirty, has {sorted(record.git)}')
    for key in ('start', 'end'):
        try:
            datetime.fromisoformat(getattr(record, key)).astimezone(UTC).timestamp()
        except (ValueError, OverflowError, OSError):
            fail(key, f'{getattr(record, key)!r:.80} is not an ISO 8601 time that has a UTC one')
