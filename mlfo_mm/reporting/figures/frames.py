"""Single frames of videos, where the data set is at hand."""

from __future__ import annotations

import functools
import os
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from mlfo_mm.reporting.figures.details import ShownClip
from mlfo_mm.roots import data_roots
from mlfo_mm.video.opening import VideoError
from mlfo_mm.video.orientation import Orientation, upright
from mlfo_mm.video.packets import decode_in_order

Tile = NDArray[np.uint8]


class NotHere(Exception):
    """The frames cannot be shown; the message is short enough to stand in their place."""


def spread(frames: tuple[int, ...], count: int) -> list[int]:
    """Return at most ``count`` places in a list of frames, evenly spread, both ends included."""
    count = min(count, len(frames))
    return [round(place) for place in np.linspace(0, len(frames) - 1, count)]


def tiles(clip: ShownClip, places: list[int], size: int) -> tuple[Tile, ...]:
    """Return the frames at some places of a clip as the network saw them, (size, size, 3) each.

    Raises:
        NotHere: the video is not there or cannot be decoded.
    """
    wanted = [clip.frames[place] for place in places]
    found = _decode(_video(clip), frozenset(wanted))
    return tuple(_crop(found[index], clip.crop, size) for index in wanted)


def not_at_hand(dataset: str) -> str:
    """Say in one line that a data set is not here; nothing where it is."""
    if _folder(dataset) is not None:
        return ''
    return (
        f'data set {dataset} is not at hand: no frames of it; MLFO_DATA_ROOT names the folder above'
    )


def _folder(dataset: str) -> Path | None:
    folders = (root / dataset for root in data_roots())
    return next((folder for folder in folders if folder.is_dir()), None)


def _video(clip: ShownClip) -> Path:
    folder = _folder(clip.dataset)
    if folder is None:
        raise NotHere(f'data set {clip.dataset} is not here')
    path = folder / clip.video
    if not path.is_file():
        raise NotHere(f'no such video in {clip.dataset}')
    return path


@functools.lru_cache(maxsize=256)
def _decode(path: Path, wanted: frozenset[int]) -> dict[int, Image.Image]:
    found: dict[int, Image.Image] = {}
    orientation = Orientation()
    try:
        for index, frame in enumerate(decode_in_order(os.fspath(path))):
            if index in wanted:
                image = upright(np.asarray(frame.to_image()), orientation.of(frame))
                found[index] = Image.fromarray(image)
            if len(found) == len(wanted):
                return found
    except (av.FFmpegError, VideoError, OSError):
        raise NotHere('the video cannot be decoded') from None
    raise NotHere(f'the video ends before frame {max(wanted)}')


def _crop(image: Image.Image, part: float, size: int) -> Tile:
    side = part * min(image.size)
    left, top = (image.width - side) / 2, (image.height - side) / 2
    box = (left, top, left + side, top + side)
    square = image.resize((size, size), Image.Resampling.BILINEAR, box=box)
    return np.asarray(square.convert('RGB'))
