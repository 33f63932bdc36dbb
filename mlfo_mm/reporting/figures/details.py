"""What records hold for figures, in ``details``; read here and nowhere else.

``neighbours``::

    {'queries': [{'query': CLIP, 'instance': [CLIP, CLIP, CLIP], 'semantic': [CLIP, CLIP, CLIP]}]}

``order``, where ``cam`` is (T', h, w) for the high level's steps, ``reversed`` is what was shown
and ``probability`` what the classifier gave to "reversed", 0 to 1::

    {'clips': [CLIP | {'cam': [[[0.1, ...], ...], ...], 'reversed': true, 'probability': 0.9}]}

``linear_probe`` and ``finetune``, numbers of classes with a space between, in the order of the list::

    {'answers': {'classes': ['jump', 'run'], 'labels': '0 0 1', 'predicted': '0 1 1'}}

A CLIP names its frames in the order in which the network saw them::

    {'video': 'relative/path.mp4', 'class': 'wave', 'frames': [0, 4, 8], 'similarity': 0.8}

``similarity`` is to the query, and may be missing; without prototypes ``semantic`` is empty. The
part of a frame that the network saw is the centre square of ``crop_size`` pixels after the short
side was resized to ``short_side``; both stand in the protocol.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from mlfo_mm.errors import UserError
from mlfo_mm.study.records import Record

DISTRIBUTIONS = ('instance', 'semantic')


@dataclass(frozen=True)
class ShownClip:
    """Some frames of a video, with its class."""

    dataset: str
    video: str
    label: str
    frames: tuple[int, ...]
    similarity: float | None = None
    crop: float = 1.0


@dataclass(frozen=True)
class Query:
    """A test clip and its nearest training clips by each distribution, the nearest first."""

    clip: ShownClip
    neighbours: dict[str, tuple[ShownClip, ...]]


@dataclass(frozen=True)
class Activation:
    """A clip, its class activation map (T', h, w) for "reversed", and what was decided."""

    clip: ShownClip
    cam: NDArray[np.float64]
    reversed: bool
    probability: float


@dataclass(frozen=True)
class Answers:
    """Names of the classes, and of each test video its class and the one it was taken for (M,)."""

    classes: tuple[str, ...]
    labels: NDArray[np.int64]
    predicted: NDArray[np.int64]


def read_answers(record: Record) -> Answers:
    """Read the details of a record of a classification."""
    where = 'details.answers'
    item = _get(record, 'details', record.details, 'answers', dict)
    classes = _get(record, where, item, 'classes', list)
    if not classes or not all(isinstance(name, str) for name in classes):
        _fail(record, f'{where}.classes', f'needs names, is {classes!r:.60}')
    videos, found = record.n_samples['test']['read'], []
    for key in ('labels', 'predicted'):
        words = _get(record, where, item, key, str).split(' ')
        if len(words) != videos or not all(re.fullmatch('[0-9]{1,6}', word) for word in words):
            _fail(record, f'{where}.{key}', f'needs a number for each of {videos} videos')
        found.append(np.array(words, dtype=np.int64))
        if found[-1].max() >= len(classes):
            _fail(
                record, f'{where}.{key}', f'has {found[-1].max()}, there are {len(classes)} classes'
            )
    return Answers(tuple(classes), *found)


def read_queries(record: Record) -> list[Query]:
    """Read the details of a record of the task ``neighbours``."""
    queries = []
    for where, item in _items(record, 'queries'):
        clip = _clip(record, f'{where}.query', _get(record, where, item, 'query', dict))
        found = {}
        for name in DISTRIBUTIONS:
            listed = _get(record, where, item, name, list)
            found[name] = tuple(
                _clip(record, f'{where}.{name}[{rank}]', clip) for rank, clip in enumerate(listed)
            )
        queries.append(Query(clip, found))
    return queries


def read_activations(record: Record) -> list[Activation]:
    """Read the details of a record of the task ``order``."""
    found = []
    for where, item in _items(record, 'clips'):
        probability = float(_get(record, where, item, 'probability', (int, float)))
        found.append(
            Activation(
                _clip(record, where, item),
                _cam(record, where, _get(record, where, item, 'cam', list)),
                _get(record, where, item, 'reversed', bool),
                probability,
            )
        )
    return found


def _items(record: Record, key: str) -> list[tuple[str, Any]]:
    items = _get(record, 'details', record.details, key, list)
    return [(f'details.{key}[{index}]', item) for index, item in enumerate(items)]


def _clip(record: Record, where: str, item: Any) -> ShownClip:
    video = _get(record, where, item, 'video', str)
    path = PurePosixPath(video)
    if path.is_absolute() or '..' in path.parts:
        _fail(record, f'{where}.video', f'{video!r} must lie in the folder of the data set')
    frames = _get(record, where, item, 'frames', list)
    if not frames or not all(type(index) is int and index >= 0 for index in frames):
        _fail(record, f'{where}.frames', f'needs indices from 0, is {frames!r:.60}')
    similarity = item.get('similarity')
    if similarity is not None and not isinstance(similarity, int | float):
        _fail(record, f'{where}.similarity', f'must be a number, is {similarity!r:.60}')
    return ShownClip(
        record.dataset,
        video,
        _get(record, where, item, 'class', str),
        tuple(frames),
        similarity,
        _crop(record),
    )


def _crop(record: Record) -> float:
    """Return the side of the crop as a part of the frame's short side."""
    crop, side = (record.protocol.get(key) for key in ('crop_size', 'short_side'))
    if not isinstance(crop, int) or not isinstance(side, int) or not 0 < crop <= side:
        _fail(record, 'protocol', f'needs 0 < crop_size <= short_side, has {crop!r} and {side!r}')
    return crop / side


def _cam(record: Record, where: str, values: list[Any]) -> NDArray[np.float64]:
    try:
        cam = np.array(values, dtype=float)
    except (TypeError, ValueError):
        cam = np.empty(0)
    if cam.ndim != 3 or not cam.size or not np.isfinite(cam).all():
        _fail(record, f'{where}.cam', "needs finite numbers of shape (T', h, w)")
    return cam


def _get(record: Record, where: str, item: Any, key: str, kind: Any) -> Any:
    value = item.get(key) if isinstance(item, dict) else None
    wrong = isinstance(value, float) and not math.isfinite(value)
    if not isinstance(value, kind) or wrong:
        names = [each.__name__ for each in (kind if isinstance(kind, tuple) else (kind,))]
        _fail(record, f'{where}.{key}', f'must be {" or ".join(names)}, is {value!r:.60}')
    return value


def _fail(record: Record, key: str, problem: str) -> NoReturn:
    place = f'records/{record.profile}/{record.experiment}.json'
    raise UserError(f'{place}: {key} {problem}; evaluate it again with tools/evaluate.py')
