"""STS's numbers of clips whose motion and colours are known, and those of the released code."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from mlfo_mm.datasets import ClipStatistics
from mlfo_mm.datasets.transforms.clip_statistics import (
    appearance_statistics,
    dominant_colour,
    motion_statistics,
    patterns,
)

SIZE = 32


def made() -> tuple[np.ndarray, np.ndarray]:
    """Frames (16, 112, 112, 3) and a flow (15, 112, 112, 2) by formulas."""
    t, y, x = np.ogrid[:16, :112, :112]
    channels = [
        128
        + 70 * np.sin(0.05 * (c + 1) * x + 0.03 * y * (c + 2) + 0.02 * t * (x // 28 + c))
        + 60 * ((x // 14 + y // 28 + c) % 3 - 1)
        for c in range(3)
    ]
    frames = np.stack([channel.astype(np.uint8) for channel in channels], -1)
    frames[:, 40:70, 30:50] = (200, 20, 60)
    t = t[:15]
    u = 3 * np.sin(0.11 * x + 0.02 * y + 0.2 * t) + np.where((x > 60) & (y < 40), 4.0, 0)
    v = 2 * np.cos(0.07 * y + 0.05 * x) + np.where(y > 80, 0.1 * t * (t < 9) * np.sin(x / 5), 0)
    return frames, np.stack(np.broadcast_arrays(u, v), -1).astype(np.float32)


def test_numbers_of_the_released_code():
    frames, flow = made()
    assert motion_statistics(flow) == [7, 3, 13, 2, 2, 5, 2, 2, 3, 5, 6, 2, 3, 9]
    colours = [8, 3, 9, 8, 1, 7, 4, 2, 4, 3, 1, 7, 7]
    assert appearance_statistics(frames, 'colours') == colours
    octants = appearance_statistics(frames)
    assert [a == b for a, b in zip(octants, colours, strict=True)][::2] == [True] * 7  # regions


def test_patterns_cover_the_frame():
    tiles, rings, triangles = patterns(SIZE)
    assert (tiles.sum(0) == 1).all() and (tiles.sum((1, 2)) == 64).all()
    assert (rings.sum(0) == 1).all() and rings.sum((1, 2)).tolist() == [64, 192, 320, 448]
    assert rings[0, 12:20, 12:20].all() and rings[3, 0].all()
    assert (triangles.sum(0) == 1 + np.eye(SIZE) + np.eye(SIZE)[:, ::-1]).all()
    # the outer corner of each quarter's first part: left, top, top left of the flipped, ...
    assert triangles[0, 15, 0] and triangles[1, 0, 15] and triangles[7, 16, 31]
    assert triangles[2, 0, 16] and triangles[3, 15, 31] and triangles[4, 16, 0]
    assert triangles[5, 31, 15] and triangles[6, 31, 16]


def block_flow(u: float, v: float, frame: int = 3) -> np.ndarray:
    """A square that moves in the middle of the tile of row 1 and column 2, in one frame most."""
    flow = np.zeros((7, SIZE, SIZE, 2), np.float32)
    flow[:, 10:14, 18:22] = (u, v)
    flow[frame] *= 2
    return flow


def test_motion_is_where_and_when_it_is_strongest():
    numbers = motion_statistics(block_flow(1, 0))
    assert numbers[0] == 7 and numbers[2:4] == [0, 0]  # of u alone
    assert numbers[4] == 2 and numbers[8] == 3  # second ring, upper part of the upper right quarter
    assert numbers[12:] == [4, 0]
    both = motion_statistics(block_flow(1, 2, frame=5))
    assert both[0] == both[2] == 7 and both[12:] == [6, 6]
    # the camera's motion has no boundary
    assert motion_statistics(block_flow(1, 0) + np.float32(5)) == [
        *numbers[:12], numbers[12], 0
    ]  # fmt: skip


@pytest.mark.parametrize(
    ('rows', 'columns', 'direction'),
    [(0, 1, 5), (0, -1, 1), (1, 0, 7), (-1, 0, 3)],
)
def test_direction_is_that_of_the_gradient(rows, columns, direction):
    y, x = np.indices((SIZE, SIZE))
    flow = np.zeros((3, SIZE, SIZE, 2), np.float32)
    flow[..., 0] = rows * y + columns * x
    # the convolution mirrors its kernel, as the released code has it: from large to small
    assert motion_statistics(flow)[1] == direction


def test_nothing_moves():
    assert motion_statistics(np.zeros((7, SIZE, SIZE, 2), np.float32)) == [0] * 14


def test_colours_that_change_and_colours_that_stay():
    frames = np.full((8, SIZE, SIZE, 3), 10, np.uint8)
    # every second row changes but in tile 16, which is blue; tile 5 blinks, more often yellow than dark
    frames[:, ::2] += np.arange(8, dtype=np.uint8)[:, None, None, None] // 4
    frames[:, 24:, 24:] = (0, 0, 255)
    frames[1:6, 8:16, :8] = (250, 250, 0)
    numbers = appearance_statistics(frames)
    assert numbers[:4] == [5, 8, 16, 1]
    assert numbers[12] == 5


@pytest.mark.parametrize(
    ('colour', 'number'),
    [
        ((0, 0, 255), 1), ((0, 255, 255), 2), ((255, 0, 255), 3), ((255, 255, 255), 4),
        ((0, 0, 0), 5), ((0, 255, 0), 6), ((255, 0, 0), 7), ((255, 255, 0), 8),
        ((127, 128, 127), 6), ((128, 127, 127), 7),
    ],
)  # fmt: skip
def test_numbers_of_colours(colour, number):
    pixels = np.array([colour] * 3 + [(9, 9, 9)], np.uint8)
    assert dominant_colour(pixels) == dominant_colour(pixels, 'colours') == number


def test_most_pixels_and_most_frequent_colour_differ():
    pixels = np.array([(200, 0, 0)] * 2 + [(0, 0, 200 + n) for n in range(3)], np.uint8)
    assert dominant_colour(pixels) == 1 and dominant_colour(pixels, 'colours') == 7


def moving(step: int, clips: int = 1) -> dict:
    """A textured square on a textured ground, moved to the right."""
    rng = np.random.default_rng(0)
    ground, square = (
        np.kron(rng.integers(60, 200, (n, n)), np.ones((2, 2))).astype(np.uint8) for n in (16, 6)
    )
    frames = []
    for t in range(6):
        frame = ground.copy()
        frame[2:14, 2 + step * t : 14 + step * t] = square
        frames.append(np.repeat(frame[..., None], 3, 2))
    return dict(imgs=frames * clips, clip_len=6, num_clips=clips, img_shape=(SIZE, SIZE), label=7)


def test_flow_is_of_the_frames_that_are_shown():
    flow = ClipStatistics().optical_flow(np.stack(moving(2)['imgs']))
    assert flow.shape == (5, SIZE, SIZE, 2)
    inside = flow[2, 5:11, 9:15]
    assert np.abs(inside[..., 0] - 2).mean() < 0.5 and np.abs(inside[..., 1]).mean() < 0.5
    mirrored = np.stack([img[:, ::-1] for img in moving(2)['imgs']])
    assert ClipStatistics().optical_flow(mirrored)[2, 5:11, 17:23, 0].mean() < -1.5


def test_label_has_a_row_for_each_clip():
    results = ClipStatistics()(moving(2, clips=2))
    label = results['label']
    assert label.shape == (2, 27) and label.dtype == np.float32
    assert (label[0] == label[1]).all() and label[0, 0] > 0 and label[0, 26] > 0
    still = ClipStatistics()(moving(0))['label']
    assert (still[0, :14] == 0).all()


def test_published_flow():
    if not hasattr(cv2, 'optflow'):
        pytest.skip('OpenCV without its contributed modules')
    flow = ClipStatistics(flow='tvl1').optical_flow(np.stack(moving(2)['imgs'][:2]))
    assert np.abs(flow[0, 5:11, 5:11, 0] - 2).mean() < 0.5


@pytest.mark.parametrize('word', ['flow', 'dominant'])
def test_wrong_arguments_are_named(word):
    with pytest.raises(ValueError, match=word):
        ClipStatistics(**{word: 'other'})


@pytest.mark.parametrize('shape', [(32, 40), (36, 36)])
def test_frames_that_have_no_patterns_are_refused(shape):
    with pytest.raises(ValueError, match='a multiple of 8'):
        ClipStatistics()(dict(img_shape=shape))
