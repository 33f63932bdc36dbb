"""Drawing of the embedded synthetic clips: a textured sprite, distractors, a shaking camera.

The sprite's motion is the label of one task, its shape the label of the other. Three properties
hold by construction, not by tuning:

* The second class of a pair is the first one played backwards, frame for frame for the same seed;
  everything else that moves is a time-reversible process.
* At any one time, position, size and angle of the sprite have the same distribution in every motion
  class (a centre uniform in an ellipse, a log-uniform radius, a uniform angle): a single frame says
  nothing about the motion. Periods and phases are drawn anew for each clip, so the time of the
  frame does not help either.
* No class is another one's mirror image: handedness and directions are drawn symmetrically.
"""

from __future__ import annotations

import colorsys
from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

MOTION_PAIRS = (
    ('grow', 'shrink'),
    ('rise', 'fall'),
    ('speed_up', 'slow_down'),
    ('spiral_out', 'spiral_in'),
)
MOTION_CLASSES = tuple(name for pair in MOTION_PAIRS for name in pair)
REVERSED = {a: b for pair in MOTION_PAIRS for a, b in (pair, pair[::-1])}
APPEARANCE_CLASSES = ('disc', 'square', 'triangle', 'star', 'ring', 'cross')

_FORWARD = {name: pair[0] for pair in MOTION_PAIRS for name in pair}
_PERIOD = (20.0, 32.0)  # frames: a clip of 16 to 48 frames shows the larger part of one or more
_RADIUS = (9.0, 23.0)  # of the sprite, in pixels of a frame 96 high
_REACH = 0.31  # semi-axes of the ellipse of sprite centres, relative to width and height
_SLOWEST = 0.1  # speed at the start of a `speed_up` period, relative to its mean
_PATCH = 64  # side of a sprite's own image
_PATCH_RADIUS = 26.0
_STYLE_SEED = 20210817

Colour = tuple[float, float, float]


def trajectory(motion: str, rng: np.random.Generator, num_frames: int) -> np.ndarray:
    """Path of the sprite: ``trajectory(REVERSED[c], ...)`` is ``trajectory(c, ...)[::-1]``.

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
    theta, heading, angle = rng.uniform(0, 2 * np.pi, size=3)
    turns, crossings = rng.uniform(1.0, 1.5, size=2)
    hand = rng.choice((-1, 1))
    spin = rng.uniform(-0.06, 0.06)
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
    path = np.stack([x, y, sizes, angle + spin * time], axis=1)
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


@dataclass(frozen=True)
class Style:
    """Look of one group of clips: textures and palette, colours in RGB from 0 to 1."""

    texture: str
    wavelength: float
    background: tuple[Colour, Colour]
    sprite: tuple[Colour, Colour]
    outline: Colour
    distractor: tuple[Colour, Colour]


def style_of(group: int) -> Style:
    """The style of group ``group``; no two groups share one."""
    rng = np.random.default_rng([_STYLE_SEED, group])
    hue = group * 0.618034  # golden ratio: hues of any run of groups are spread and distinct
    dark = bool(rng.integers(2))

    def colour(shift: float, saturation: tuple[float, float], value: tuple[float, float]) -> Colour:
        level = rng.uniform(*value)
        return colorsys.hsv_to_rgb(
            (hue + shift + rng.uniform(-0.05, 0.05)) % 1.0,
            rng.uniform(*saturation),
            level if dark else 1.1 - level,
        )

    return Style(
        texture=list(_TEXTURES)[group % len(_TEXTURES)],
        wavelength=rng.uniform(12, 24),
        background=(
            colour(0.0, (0.3, 0.6), (0.15, 0.3)),
            colour(0.1, (0.3, 0.6), (0.35, 0.5)),
        ),
        sprite=(colour(0.5, (0.6, 1.0), (0.85, 1.0)), colour(0.65, (0.5, 1.0), (0.55, 0.75))),
        outline=(0.97, 0.97, 0.97) if dark else (0.04, 0.04, 0.04),
        distractor=(colour(0.25, (0.4, 0.8), (0.6, 0.8)), colour(0.3, (0.4, 0.8), (0.4, 0.6))),
    )


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


def _outline_points(shape: str, rng: np.random.Generator) -> np.ndarray:
    """Corners (K, 2) of a shape in the unit disc."""
    if shape == 'blob':
        angles = np.linspace(0, 2 * np.pi, 7, endpoint=False) + rng.uniform(-0.25, 0.25, 7)
        radii = rng.uniform(0.6, 1.0, 7)
    elif shape == 'cross':
        arm = 0.32
        corner = np.array([(arm, -1), (arm, -arm), (1, -arm)]) * 0.95
        turn = np.array([(0, -1), (1, 0)])
        return np.concatenate([corner @ np.linalg.matrix_power(turn.T, k) for k in range(4)])
    else:
        corners = {'square': 4, 'triangle': 3, 'star': 10}.get(shape, 48)
        angles = np.linspace(0, 2 * np.pi, corners, endpoint=False)
        radii = np.where(np.arange(corners) % 2, 0.42 if shape == 'star' else 1.0, 1.0)
    return np.stack([radii * np.cos(angles), radii * np.sin(angles)], axis=1)


def draw_sprite(
    shape: str, fill: np.ndarray, outline: Colour | None, rng: np.random.Generator
) -> np.ndarray:
    """float32 (64, 64, 4): the shape filled with ``fill``, RGB times opacity, then opacity."""
    fine = 4
    centre = _PATCH * fine / 2

    def mask(scale: float) -> np.ndarray:
        image = np.zeros((_PATCH * fine, _PATCH * fine), np.uint8)
        points = centre + corners * scale * _PATCH_RADIUS * fine
        cv2.fillPoly(image, [np.round(points).astype(np.int32)], 255)
        return image

    corners = _outline_points(shape, rng)
    body, rim = mask(1.0), round(3 * fine)
    if shape == 'ring':
        body[mask(0.5) > 0] = 0
    inner = cv2.erode(body, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * rim + 1,) * 2))
    body, inner = (
        cv2.resize(m, (_PATCH, _PATCH), interpolation=cv2.INTER_AREA)[..., None] / np.float32(255)
        for m in (body, inner)
    )
    if outline is not None:
        fill = inner * fill + (1 - inner) * np.array(outline, np.float32) * 255
    return np.concatenate([fill * body, body], axis=2).astype(np.float32)


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
    appearance: str,
    group: int,
    seed: int,
    num_frames: int = 56,
    size: tuple[int, int] = (128, 96),
) -> np.ndarray:
    """Draw one clip; ``draw_clip(REVERSED[c], ...)`` is ``draw_clip(c, ...)[::-1]`` to the bit.

    Args:
        motion: One of :data:`MOTION_CLASSES`.
        appearance: One of :data:`APPEARANCE_CLASSES`, the sprite's shape.
        group: Number of the style.
        seed: Decides all the rest.
        num_frames: Length T.
        size: Width and height in pixels.

    Returns:
        uint8 (T, H, W, 3), RGB.
    """
    rng = np.random.default_rng([seed, group])
    style, (width, height) = style_of(group), size
    unit = height / 96
    path = trajectory(_FORWARD[motion], rng, num_frames)
    camera = (
        smooth_noise(rng, num_frames, 1.0, 0.6) + smooth_noise(rng, num_frames, 5.0, 2.0)
    ) * unit

    margin = round(12 * unit)
    shape = (height + 2 * margin, width + 2 * margin)
    backdrop = texture(style.texture, shape, style.wavelength * unit, style.background, rng)
    patch = (_PATCH, _PATCH)
    kind = list(_TEXTURES)[rng.integers(len(_TEXTURES))]
    fill = texture(kind, patch, rng.uniform(16, 26), style.sprite, rng)
    sprite = draw_sprite(appearance, fill, style.outline, rng)
    distractors = []
    for _ in range(rng.integers(1, 4)):
        fill = texture('waves', patch, rng.uniform(16, 26), style.distractor, rng)
        start = rng.uniform((0.0, 0.0), size)
        track = start + smooth_noise(rng, num_frames, 6.0, 12.0 * unit)
        turn = rng.uniform(0, 2 * np.pi) + rng.uniform(-0.06, 0.06) * np.arange(num_frames)
        radius = rng.uniform(5.0, 8.0) * unit
        distractors.append((draw_sprite('blob', fill, None, rng), track, radius, turn))

    centres = np.array(size) * (0.5 + _REACH * path[:, :2])
    radii = _RADIUS[0] * (_RADIUS[1] / _RADIUS[0]) ** path[:, 2] * unit
    frames = np.empty((num_frames, height, width, 3), np.uint8)
    for t, shift in enumerate(camera):
        matrix = np.array([[1, 0, shift[0] - margin], [0, 1, shift[1] - margin]])
        canvas = cv2.warpAffine(backdrop, matrix, size, borderMode=cv2.BORDER_REFLECT)
        for image, track, radius, turn in distractors:
            paste(canvas, image, track[t] + shift, radius, turn[t])
        paste(canvas, sprite, centres[t] + shift, radii[t], path[t, 3])
        frames[t] = np.clip(canvas + 0.5, 0, 255)
    return frames if motion == _FORWARD[motion] else np.ascontiguousarray(frames[::-1])
