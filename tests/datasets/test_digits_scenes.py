"""The claims about the clips: motion in time only, digit in any frame, partners by reversal."""

from __future__ import annotations

import types
from typing import NamedTuple

import cv2
import numpy as np
import pytest
from scipy import stats
from sklearn.datasets import load_digits
from sklearn.ensemble import ExtraTreesClassifier

from mlfo_mm.datasets import digits_scenes
from mlfo_mm.datasets.digits_plan import Settings, plan
from mlfo_mm.datasets.digits_scenes import (
    DIGIT_CLASSES,
    MOTION_CLASSES,
    REVERSED,
    Look,
    draw_clip,
    handwriting,
    trajectory,
)

HARD = Look(
    colour=True, background='texture', noise=12.0, grain=1.0, shake=0.7, distractors=3
)  # every setting


@pytest.mark.parametrize('place', [None, 'elsewhere'])
def test_handwriting_is_what_scikit_learn_has(monkeypatch, tmp_path, place):
    if place:  # a release that keeps the file in another folder
        elsewhere = types.SimpleNamespace(submodule_search_locations=[str(tmp_path)])
        monkeypatch.setattr(digits_scenes.importlib.util, 'find_spec', lambda name: elsewhere)
    images, labels = handwriting.__wrapped__()
    both = load_digits()
    np.testing.assert_array_equal(images, both.images / 16)
    np.testing.assert_array_equal(labels, both.target)
    assert images.shape == (1797, 8, 8) and (images.min(), images.max()) == (0, 1)
    assert np.bincount(labels).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]


@pytest.mark.parametrize('look', [Look(), HARD])
def test_same_seed_same_clip_and_other_seed_another(look):
    first, again, other = (draw_clip('fall', 4, seed, 6, look=look) for seed in (1, 1, 2))
    assert first.dtype == np.uint8 and first.shape == (6, 36, 48, 3)
    np.testing.assert_array_equal(first, again)
    assert (first != other).mean() > 0.3


@pytest.mark.parametrize('look', [Look(), HARD])
@pytest.mark.parametrize('motion', MOTION_CLASSES)
def test_reversed_clip_is_partner_class(motion, look):
    assert REVERSED[REVERSED[motion]] == motion != REVERSED[motion]
    paths = [trajectory(name, np.random.default_rng(7), 50) for name in (motion, REVERSED[motion])]
    np.testing.assert_array_equal(paths[0][::-1], paths[1])
    assert not np.array_equal(paths[0], paths[1])
    clips = [draw_clip(m, 2, 3, 12, look=look) for m in (motion, REVERSED[motion])]
    np.testing.assert_array_equal(clips[0][::-1], clips[1])


# The settings of the look


def corner(frames: np.ndarray) -> np.ndarray:
    """float64 (T, 4, 4, 3): near a corner, where no digit of these clips comes."""
    return frames[:, 2:6, 2:6].astype(float)


def test_a_digit_is_white_on_one_dark_grey_unless_asked_otherwise():
    clips = np.stack([draw_clip('grow', image, image, 16) for image in range(20)])
    assert (clips.max(axis=-1) - clips.min(axis=-1)).max() == 0  # no colour
    np.testing.assert_allclose([corner(c).mean() for c in clips], 48, atol=1.0)
    assert all(clip.max(axis=(1, 2, 3)).min() > 180 for clip in clips)

    coloured = np.stack(
        [draw_clip('grow', image, image, 2, look=Look(colour=True)) for image in range(20)]
    ).astype(int)
    np.testing.assert_allclose([corner(c).mean() for c in coloured], 48, atol=4.0)
    assert all((clip.max(axis=-1) - clip.min(axis=-1)).max() > 50 for clip in coloured)


def test_backgrounds():
    plain, colour, texture = (
        np.stack(
            [
                draw_clip('grow', 1, seed, 1, look=Look(background=kind, noise=0.0))[0, :6, :6]
                for seed in range(12)
            ]
        ).astype(float)
        for kind in ('plain', 'colour', 'texture')
    )
    assert np.unique(plain).tolist() == [48.0]
    assert colour.std(axis=(1, 2)).max() == 0  # one colour a clip
    assert len(np.unique(colour[:, 0, 0], axis=0)) == 12  # another in each
    assert texture.std(axis=(1, 2)).max(axis=1).min() > 4


@pytest.mark.parametrize('grain', [0.0, 1.0])
def test_noise_has_its_deviation_and_grain_joins_neighbours(grain):
    frames = draw_clip('grow', 1, 3, 300, look=Look(noise=10.0, grain=grain))
    noise = corner(frames)[..., 0] - 48
    assert noise.std() == pytest.approx(10, rel=0.1)
    neighbours = np.corrcoef(noise[:, :, :-1].ravel(), noise[:, :, 1:].ravel())[0, 1]
    frames_apart = np.corrcoef(noise[:-1].ravel(), noise[1:].ravel())[0, 1]
    assert abs(frames_apart) < 0.06
    # of two Gaussian kernels of width 1 at a distance of 1: exp(-1/4)
    assert neighbours == pytest.approx(0.78 if grain else 0.0, abs=0.06)


def brightest(frames: np.ndarray) -> np.ndarray:
    """(T, 2): centre x, y of what is white."""
    return np.array([np.argwhere(f[..., 0] > 150)[:, ::-1].mean(axis=0) for f in frames])


def test_shake_moves_the_camera():
    still, shaken = (
        brightest(draw_clip('grow', 1, 5, 200, look=Look(shake=shake))) for shake in (0.0, 2.0)
    )
    assert (shaken - still).std(axis=0) == pytest.approx([2.0, 2.0], rel=0.35)


def test_distractors_are_there_in_their_number():
    def others(number: int) -> float:
        clip = draw_clip('grow', 1, 5, 80, look=Look(noise=0.0, distractors=number)).astype(int)
        return (clip.max(axis=-1) - clip.min(axis=-1) > 30).mean()

    assert others(0) == 0 < others(1) < others(4)


@pytest.mark.parametrize('time', [0, 31, 47])
def test_state_at_one_time_is_the_same_in_all_classes(time):
    def states(name: str, offset: int) -> np.ndarray:
        rng = [np.random.default_rng([offset, seed]) for seed in range(1500)]
        x, y, size, tilt = np.stack([trajectory(name, r, 48)[time] for r in rng]).T
        polar = np.hypot(x, y), np.arctan2(y, x)
        return np.stack([x, y, size, tilt, *polar, x * y, y * size, x * size])

    samples = [states(name, offset) for offset, name in enumerate(MOTION_CLASSES)]
    uniform_disc = [stats.kstest(s[4] ** 2, 'uniform').pvalue for s in samples]
    pairs = [
        stats.ks_2samp(a, b).pvalue for s in samples[1:] for a, b in zip(samples[0], s, strict=True)
    ]
    assert min(uniform_disc) > 1e-4
    assert min(pairs) > 1e-4  # 63 comparisons


# What a classifier sees in the pixels


class Seen(NamedTuple):
    """One data set: what can be measured in the middle frame, what in the sequence, the labels."""

    still: np.ndarray
    moving: np.ndarray
    backwards: np.ndarray
    flipped: np.ndarray
    motion: np.ndarray
    digit: np.ndarray


HOG = cv2.HOGDescriptor((32, 32), (16, 16), (8, 8), (8, 8), 9)


def digit_box(frame: np.ndarray) -> tuple[int, int, int, int]:
    """x, y, width, height of the digit, found by its brightness."""
    table = cv2.connectedComponentsWithStats(cv2.inRange(frame[..., 0], 120, 255))[2]
    # With nothing found, the only component left is the whole frame.
    largest = max(range(len(table)), key=lambda k: (k > 0, table[k, 2] * table[k, 3]))
    return tuple(table[largest, :4])


def measure(frame: np.ndarray) -> np.ndarray:
    x, y, width, height = digit_box(frame)
    return np.array([x + width / 2, y + height / 2, np.sqrt(width * height)])


def still_features(frame: np.ndarray) -> np.ndarray:
    x, y, width, height = digit_box(frame)
    digit = cv2.resize(frame[y : y + height, x : x + width], (32, 32))
    small = cv2.resize(frame, (16, 12), interpolation=cv2.INTER_AREA)
    return np.concatenate([measure(frame), HOG.compute(digit).ravel(), small.ravel() / 255.0])


def moving_features(measured: np.ndarray) -> np.ndarray:
    x, y, size = measured.T
    radius = np.hypot((x - 24) / 15, (y - 18) / 11)
    speed = np.hypot(np.diff(x), np.diff(y))
    changes = [np.diff(x), np.diff(y), np.diff(size), np.diff(radius), np.diff(speed)]
    return np.array(
        [f for d in changes for f in (np.median(d), np.mean(np.sign(d)), np.abs(d).mean())]
    )


def see(num: int, split: str) -> Seen:
    settings = Settings(num_train=num, num_test=num, min_frames=22, max_frames=22)
    features, labels = [], []
    for clip in (clip for clip in plan(settings) if clip.split == split):
        frames = draw_clip(clip.motion, clip.image, clip.seed, clip.frames)
        measured = np.stack([measure(frame) for frame in frames])
        mirrored = np.stack([measure(frame[:, ::-1]) for frame in frames])
        sequences = (measured, measured[::-1], mirrored)
        features.append((still_features(frames[11]), *map(moving_features, sequences)))
        labels.append((MOTION_CLASSES.index(clip.motion), DIGIT_CLASSES.index(clip.digit)))
    return Seen(*map(np.stack, zip(*features, strict=True)), *np.array(labels).T)


@pytest.fixture(scope='module')
def train() -> Seen:
    return see(400, 'train')


@pytest.fixture(scope='module')
def unseen() -> Seen:
    return see(240, 'test')


def fit(features: np.ndarray, labels: np.ndarray) -> ExtraTreesClassifier:
    return ExtraTreesClassifier(150, min_samples_leaf=2, random_state=0).fit(features, labels)


def test_single_frame_does_not_tell_the_motion(train, unseen):
    correct = (fit(train.still, train.motion).predict(unseen.still) == unseen.motion).sum()
    low, high = stats.binom.interval(0.999, len(unseen.motion), 1 / len(MOTION_CLASSES))
    assert low <= correct <= high


def test_single_frame_tells_the_digit(train, unseen):
    assert fit(train.still, train.digit).score(unseen.still, unseen.digit) > 0.6


def test_sequence_tells_the_motion_flipped_or_not_and_its_partner_backwards(train, unseen):
    classifier = fit(train.moving, train.motion)
    partner = np.array([MOTION_CLASSES.index(REVERSED[name]) for name in MOTION_CLASSES])
    assert classifier.score(unseen.moving, unseen.motion) > 0.8
    assert classifier.score(unseen.flipped, unseen.motion) > 0.8
    assert classifier.score(unseen.backwards, partner[unseen.motion]) > 0.8
