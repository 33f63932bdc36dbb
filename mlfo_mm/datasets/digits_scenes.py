"""Drawing of the embedded clips: a handwritten digit that moves over a still background.

The motion is the label of one task, the digit that of the other. Three properties hold by
construction, not by tuning:

* The second class of a pair is the first one played backwards, frame for frame for the same seed;
  everything else that moves is a time-reversible process.
* At any one time, position, size and angle of the digit have the same distribution in every motion
  class (a centre uniform in an ellipse, a log-uniform size, a tilt symmetric about upright): a
  single frame says nothing about the motion. Periods and phases are drawn anew for each clip, so the
  time of the frame does not help either.
* No class is another one's mirror image: handedness and directions are drawn symmetrically.
"""

from __future__ import annotations

import colorsys
import functools
import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from mlfo_mm.errors import UserError

MOTION_PAIRS = (
    ('grow', 'shrink'),
    ('rise', 'fall'),
    ('speed_up', 'slow_down'),
    ('spiral_out', 'spiral_in'),
)
MOTION_CLASSES = tuple(name for pair in MOTION_PAIRS for name in pair)
REVERSED = {a: b for pair in MOTION_PAIRS for a, b in (pair, pair[::-1])}
DIGIT_CLASSES = (
    *('zero', 'one', 'two', 'three', 'four'),
    *('five', 'six', 'seven', 'eight', 'nine'),
)
BACKGROUNDS = ('plain', 'colour', 'texture')
MOST = 1000  # of each number of a look: far beyond what can be seen

_FORWARD = {name: pair[0] for pair in MOTION_PAIRS for name in pair}
_PERIOD = (20.0, 32.0)  # frames: a clip of 16 to 48 frames shows the larger part of one or more
_RADIUS = (9.0, 15.0)  # half the height of a digit, in pixels of a frame 36 high
_REACH = 0.19  # semi-axes of the ellipse of centres, relative to width and height
_SLOWEST = 0.1  # speed at the start of a `speed_up` period, relative to its mean
_TILT = 0.3  # radians to either side: more would turn a six into a nine
_SPIN = 0.01  # radians a frame
_PATCH = 40  # side of a sprite's own image: a digit of 8 pixels with a rim of 1, four times finer
_PATCH_RADIUS = 16.0
_WHITE, _DARK = 255.0, 48.0

Colour = tuple[float, float, float]


@dataclass(frozen=True)
class Look:
    """How hard the clips are to tell apart; lengths in pixels of a frame 36 high.

    Attributes:
        colour: Whether each clip draws the colour of its digit; white otherwise.
        background: ``plain`` is one dark grey in all clips, ``colour`` one dark colour a clip,
            ``texture`` a pattern of two of them a clip.
        noise: Standard deviation of what is added to every frame, in grey levels of 255.
        grain: Width of the blur of that noise; 0 for noise that is independent in each pixel.
        shake: Standard deviation of the camera's position.
        distractors: Blobs that wander about in each clip.
    """

    colour: bool = False
    background: str = 'plain'
    noise: float = 6.0
    grain: float = 0.0
    shake: float = 0.0
    distractors: int = 0

    def __post_init__(self) -> None:
        if self.background not in BACKGROUNDS:
            raise UserError(
                f'background is one of {", ".join(BACKGROUNDS)}, not {self.background!r}'
            )
        for name in ('noise', 'grain', 'shake', 'distractors'):
            if not 0 <= getattr(self, name) <= MOST:
                raise UserError(f'{name} is from 0 to {MOST}, not {getattr(self, name)}')


@functools.cache
def handwriting() -> tuple[np.ndarray, np.ndarray]:
    """Scikit-learn's handwritten digits: (1797, 8, 8) from 0 to 1, and their labels."""
    folders = getattr(importlib.util.find_spec('sklearn'), 'submodule_search_locations', ())
    for path in (Path(folder, 'datasets/data/digits.csv.gz') for folder in folders):
        if path.is_file():  # as load_digits reads it, without the seconds that its package takes
            table = np.loadtxt(path, delimiter=',')
            return table[:, :-1].reshape(-1, 8, 8) / 16, table[:, -1].astype(int)
    from sklearn.datasets import load_digits

    digits = load_digits()
    return digits.images / 16, digits.target


def trajectory(motion: str, rng: np.random.Generator, num_frames: int) -> np.ndarray:
    """Path of the digit: ``trajectory(REVERSED[c], ...)`` is ``trajectory(c, ...)[::-1]``.

    Args:
        motion: One of :data:`MOTION_CLASSES`.
        rng: Source of all parameters; every class takes the same draws from it.
        num_frames: Length T.

    Returns:
        float64 (T, 4): x and y in the unit disc (y points down), log-size in [0, 1], angle (rad).
        The attributes that the class does not move keep a value drawn from the distribution that
        they have, at each single time, in the classes that move them.
    """
    forward = _FORWARD[motion]
    radius, size = np.sqrt(rng.uniform()), rng.uniform()
    theta, heading = rng.uniform(0, 2 * np.pi, size=2)
    turns, crossings = rng.uniform(1.0, 1.5, size=2)
    hand = rng.choice((-1, 1))
    tilt, spin = rng.uniform(-_TILT, _TILT), rng.uniform(-_SPIN, _SPIN)
    time = np.arange(num_frames)
    cycles = rng.uniform() + time / rng.uniform(*_PERIOD)
    crossed = rng.uniform(0, 2)
    part = cycles % 1.0

    x, y = (np.full(num_frames, v) for v in (radius * np.cos(theta), radius * np.sin(theta)))
    sizes = np.full(num_frames, size)
    if forward == 'grow':
        sizes = part
    elif forward == 'rise':
        y = np.sqrt(1 - x**2) * (1 - 2 * part)
    elif forward == 'spiral_out':
        around = theta + hand * 2 * np.pi * turns * cycles
        x, y = np.sqrt(part) * np.cos(around), np.sqrt(part) * np.sin(around)
    else:  # to and fro on a chord of the disc in any direction, uniform on it at any time
        run = np.floor(cycles) + _SLOWEST * part + (1 - _SLOWEST) * part**2
        across = np.abs((crossed + crossings * run) % 2.0 - 1.0) * 2 - 1
        along = np.sqrt(1 - x**2) * across
        x, y = (
            x * np.cos(heading) - along * np.sin(heading),
            x * np.sin(heading) + along * np.cos(heading),
        )
    path = np.stack([x, y, sizes, tilt + spin * (time - (num_frames - 1) / 2)], axis=1)
    return path if motion == forward else path[::-1]


def smooth_noise(rng: np.random.Generator, num_frames: int, width: float, std: float) -> np.ndarray:
    """(T, 2) stationary Gaussian noise; the kernel is symmetric, so the process is reversible."""
    half = int(3 * width)
    kernel = np.exp(-0.5 * (np.arange(-half, half + 1) / width) ** 2)
    kernel *= std / np.linalg.norm(kernel)
    noise = rng.standard_normal((2, num_frames + 2 * half))
    return np.stack([np.convolve(row, kernel, mode='valid') for row in noise], axis=1)


_TEXTURES: dict[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    'stripes': lambda u, v: np.sin(u),
    'checks': lambda u, v: 1.5 * np.sin(u) * np.sin(v),
    'waves': lambda u, v: np.sin(u + 1.5 * np.sin(v)),
    'dots': lambda u, v: 2 * (np.cos(u) + np.cos(v)) - 1,
    'circles': lambda u, v: np.sin(np.hypot(u % 25 - 12.5, v % 25 - 12.5)),
    'plaid': lambda u, v: 0.8 * (np.sin(u) + np.sin(2 * v)),
}


def texture(
    kind: str,
    shape: tuple[int, int],
    wavelength: float,
    colours: tuple[Colour, Colour],
    rng: np.random.Generator,
) -> np.ndarray:
    """float32 (H, W, 3) in 0..255: a pattern of two colours, turned and shifted at random."""
    angle, *phase = rng.uniform(0, 2 * np.pi, size=3)
    rows, columns = np.mgrid[: shape[0], : shape[1]] * (2 * np.pi / wavelength)
    u = columns * np.cos(angle) - rows * np.sin(angle) + phase[0]
    v = columns * np.sin(angle) + rows * np.cos(angle) + phase[1]
    grain = cv2.GaussianBlur(rng.standard_normal(shape), (0, 0), 2.0) * 3.0
    mix = np.clip(0.5 + 0.5 * _TEXTURES[kind](u, v) + 0.15 * grain, 0, 1)[..., None]
    first, second = np.array(colours) * 255
    return (first + (second - first) * mix).astype(np.float32)


def _colour(
    rng: np.random.Generator, saturation: tuple[float, float], value: tuple[float, float]
) -> Colour:
    return colorsys.hsv_to_rgb(rng.uniform(), rng.uniform(*saturation), rng.uniform(*value))


def _sprite(mask: np.ndarray, colour: Colour) -> np.ndarray:
    """float32 (40, 40, 4): RGB times opacity, then opacity."""
    mask = mask.astype(np.float32)[..., None]
    return np.concatenate([mask * np.array(colour, np.float32) * 255, mask], axis=2)


def _digit(image: int) -> np.ndarray:
    mask = cv2.resize(
        np.pad(handwriting()[0][image], 1), (_PATCH,) * 2, interpolation=cv2.INTER_CUBIC
    )
    return np.clip(mask, 0, 1)


def _blob(rng: np.random.Generator) -> np.ndarray:
    """A polygon of seven corners at random."""
    angles = np.linspace(0, 2 * np.pi, 7, endpoint=False) + rng.uniform(-0.25, 0.25, 7)
    corners = np.stack([np.cos(angles), np.sin(angles)], axis=1) * rng.uniform(0.6, 1.0, (7, 1))
    fine = 4
    mask = np.zeros((_PATCH * fine,) * 2, np.uint8)
    cv2.fillPoly(mask, [np.round((_PATCH / 2 + corners * _PATCH_RADIUS) * fine).astype(int)], 255)
    return cv2.resize(mask, (_PATCH,) * 2, interpolation=cv2.INTER_AREA) / 255


def _backdrop(
    rng: np.random.Generator, kind: str, shape: tuple[int, int], unit: float
) -> np.ndarray:
    """float32 (H, W, 3) in 0..255."""
    if kind == 'plain':
        return np.full((*shape, 3), _DARK, np.float32)
    colours = (_colour(rng, (0.3, 0.6), (0.15, 0.3)), _colour(rng, (0.3, 0.6), (0.35, 0.5)))
    if kind == 'colour':
        return np.full((*shape, 3), np.array(colours[0]) * 255, np.float32)
    pattern = list(_TEXTURES)[rng.integers(len(_TEXTURES))]
    return texture(pattern, shape, rng.uniform(6, 12) * unit, colours, rng)


def _noise(
    rng: np.random.Generator, shape: tuple[int, int], std: float, grain: float
) -> np.ndarray:
    noise = rng.standard_normal(shape, np.float32)
    if grain:
        noise = cv2.GaussianBlur(noise, (0, 0), grain)
        noise /= max(float(noise.std()), 1e-6)
    return noise * std


def paste(
    canvas: np.ndarray, sprite: np.ndarray, centre: np.ndarray, radius: float, angle: float
) -> None:
    """Blend a sprite into ``canvas`` (H, W, 3) around ``centre`` (x, y), in place."""
    x, y = centre
    reach = int(radius * _PATCH / 2 / _PATCH_RADIUS * 1.5) + 2
    left, top = max(int(x) - reach, 0), max(int(y) - reach, 0)
    right, bottom = min(int(x) + reach, canvas.shape[1]), min(int(y) + reach, canvas.shape[0])
    if right <= left or bottom <= top:
        return
    matrix = cv2.getRotationMatrix2D((0.0, 0.0), np.degrees(angle), radius / _PATCH_RADIUS)
    matrix[:, 2] = (x - left, y - top) - matrix[:, :2] @ np.full(2, (_PATCH - 1) / 2)
    patch = cv2.warpAffine(sprite, matrix, (right - left, bottom - top), flags=cv2.INTER_LINEAR)
    region = canvas[top:bottom, left:right]
    region *= 1 - patch[..., 3:]
    region += patch[..., :3]


def draw_clip(
    motion: str,
    image: int,
    seed: int,
    num_frames: int = 56,
    size: tuple[int, int] = (48, 36),
    look: Look | None = None,
) -> np.ndarray:
    """Draw one clip; ``draw_clip(REVERSED[c], ...)`` is ``draw_clip(c, ...)[::-1]`` to the bit.

    Args:
        motion: One of :data:`MOTION_CLASSES`.
        image: Number of the handwritten digit.
        seed: Decides all the rest.
        num_frames: Length T.
        size: Width and height in pixels.
        look: How hard the clip is; the default look if None.

    Returns:
        uint8 (T, H, W, 3), RGB.
    """
    look = look or Look()
    rng = np.random.default_rng([seed, image])
    width, height = size
    unit = height / 36
    path = trajectory(_FORWARD[motion], rng, num_frames)
    camera = smooth_noise(rng, num_frames, 1.0, 0.3) + smooth_noise(rng, num_frames, 5.0, 0.95)
    camera *= look.shake * unit

    margin = round((2 + 4 * look.shake) * unit)
    backdrop = _backdrop(rng, look.background, (height + 2 * margin, width + 2 * margin), unit)
    colour = _colour(rng, (0.3, 1.0), (0.8, 1.0)) if look.colour else (1.0, 1.0, 1.0)
    sprite = _sprite(_digit(image), colour)
    distractors = []
    for _ in range(look.distractors):
        blob = _sprite(_blob(rng), _colour(rng, (0.4, 0.8), (0.6, 0.8)))
        start = rng.uniform((0.0, 0.0), size)
        track = start + smooth_noise(rng, num_frames, 6.0, 4.5 * unit)
        turn = rng.uniform(0, 2 * np.pi) + rng.uniform(-0.06, 0.06) * np.arange(num_frames)
        distractors.append((blob, track, rng.uniform(1.9, 3.0) * unit, turn))

    centres = np.array(size) * (0.5 + _REACH * path[:, :2])
    radii = _RADIUS[0] * (_RADIUS[1] / _RADIUS[0]) ** path[:, 2] * unit
    frames = np.empty((num_frames, height, width, 3), np.uint8)
    for t, shift in enumerate(camera):
        matrix = np.array([[1, 0, shift[0] - margin], [0, 1, shift[1] - margin]])
        canvas = cv2.warpAffine(backdrop, matrix, size, borderMode=cv2.BORDER_REFLECT)
        for blob, track, radius, turn in distractors:
            paste(canvas, blob, track[t] + shift, radius, turn[t])
        paste(canvas, sprite, centres[t] + shift, radii[t], path[t, 3])
        canvas += _noise(rng, (height, width), look.noise, look.grain * unit)[..., None]
        frames[t] = np.clip(canvas + 0.5, 0, 255)
    return frames if motion == _FORWARD[motion] else np.ascontiguousarray(frames[::-1])
