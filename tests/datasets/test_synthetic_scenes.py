"""The claims about the clips: motion in time only, shape in any frame, partners by reversal."""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np
import pytest
from scipy import stats
from sklearn.ensemble import ExtraTreesClassifier

from mlfo_mm.datasets.synthetic_plan import Settings, plan
from mlfo_mm.datasets.synthetic_scenes import (
    APPEARANCE_CLASSES,
    MOTION_CLASSES,
    REVERSED,
    draw_clip,
    style_of,
    trajectory,
)


def test_same_seed_same_clip_and_other_seed_another():
    first, again, other = (draw_clip('fall', 'ring', 4, seed, 6, (64, 48)) for seed in (1, 1, 2))
    assert first.dtype == np.uint8 and first.shape == (6, 48, 64, 3)
    np.testing.assert_array_equal(first, again)
    assert (first != other).mean() > 0.3


def test_no_two_groups_look_alike():
    backgrounds = np.array([style_of(group).background for group in range(1, 31)])
    distance = np.abs(backgrounds[:, None] - backgrounds[None]).max(axis=(2, 3))
    assert (distance + np.eye(30) > 0.02).all()


@pytest.mark.parametrize('motion', MOTION_CLASSES)
def test_reversed_clip_is_partner_class(motion):
    assert REVERSED[REVERSED[motion]] == motion != REVERSED[motion]
    paths = [trajectory(name, np.random.default_rng(7), 50) for name in (motion, REVERSED[motion])]
    np.testing.assert_array_equal(paths[0][::-1], paths[1])
    assert not np.array_equal(paths[0], paths[1])
    clips = [draw_clip(m, 'cross', 2, 3, 12, (64, 48)) for m in (motion, REVERSED[motion])]
    np.testing.assert_array_equal(clips[0][::-1], clips[1])


@pytest.mark.parametrize('time', [0, 31, 47])
def test_state_at_one_time_is_the_same_in_all_classes(time):
    def states(name: str, offset: int) -> np.ndarray:
        rng = [np.random.default_rng([offset, seed]) for seed in range(1500)]
        x, y, size, angle = np.stack([trajectory(name, r, 48)[time] for r in rng]).T
        polar = np.hypot(x, y), np.arctan2(y, x)
        return np.stack([x, y, size, np.cos(angle), *polar, x * y, y * size, x * size])

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
    appearance: np.ndarray


HOG = cv2.HOGDescriptor((32, 32), (16, 16), (8, 8), (8, 8), 9)


def outline_box(frame: np.ndarray) -> tuple[int, int, int, int]:
    """x, y, width, height of the sprite, found by the colour of its outline."""
    low, high = (0, 60) if frame.mean() > 128 else (190, 255)
    extreme = cv2.inRange(frame, (low,) * 3, (high,) * 3)
    table = cv2.connectedComponentsWithStats(extreme)[2]
    # With no outline found, the only component left is the whole frame.
    largest = max(range(len(table)), key=lambda k: (k > 0, table[k, 2] * table[k, 3]))
    return tuple(table[largest, :4])


def measure(frame: np.ndarray) -> np.ndarray:
    x, y, width, height = outline_box(frame)
    return np.array([x + width / 2, y + height / 2, np.sqrt(width * height)])


def still_features(frame: np.ndarray) -> np.ndarray:
    x, y, width, height = outline_box(frame)
    sprite = cv2.resize(frame[y : y + height, x : x + width], (32, 32))
    small = cv2.resize(frame, (16, 12), interpolation=cv2.INTER_AREA)
    return np.concatenate([measure(frame), HOG.compute(sprite).ravel(), small.ravel() / 255.0])


def moving_features(measured: np.ndarray) -> np.ndarray:
    x, y, size = measured.T
    radius = np.hypot((x - 64) / 40, (y - 48) / 30)
    speed = np.hypot(np.diff(x), np.diff(y))
    changes = [np.diff(x), np.diff(y), np.diff(size), np.diff(radius), np.diff(speed)]
    return np.array(
        [f for d in changes for f in (np.median(d), np.mean(np.sign(d)), np.abs(d).mean())]
    )


def see(num: int, split: str) -> Seen:
    settings = Settings(num_train=num, num_test=num, min_frames=22, max_frames=22)
    features, labels = [], []
    for clip in (clip for clip in plan(settings) if clip.split == split):
        frames = draw_clip(clip.motion, clip.appearance, clip.group, clip.seed, clip.frames)
        measured = np.stack([measure(frame) for frame in frames])
        mirrored = np.stack([measure(frame[:, ::-1]) for frame in frames])
        sequences = (measured, measured[::-1], mirrored)
        features.append((still_features(frames[11]), *map(moving_features, sequences)))
        labels.append(
            (MOTION_CLASSES.index(clip.motion), APPEARANCE_CLASSES.index(clip.appearance))
        )
    return Seen(*map(np.stack, zip(*features, strict=True)), *np.array(labels).T)


@pytest.fixture(scope='module')
def train() -> Seen:
    return see(384, 'train')


@pytest.fixture(scope='module')
def unseen() -> Seen:
    return see(192, 'test')


def fit(features: np.ndarray, labels: np.ndarray) -> ExtraTreesClassifier:
    return ExtraTreesClassifier(150, min_samples_leaf=2, random_state=0).fit(features, labels)


def test_single_frame_does_not_tell_the_motion(train, unseen):
    correct = (fit(train.still, train.motion).predict(unseen.still) == unseen.motion).sum()
    low, high = stats.binom.interval(0.999, len(unseen.motion), 1 / len(MOTION_CLASSES))
    assert low <= correct <= high


def test_single_frame_tells_the_appearance(train, unseen):
    assert fit(train.still, train.appearance).score(unseen.still, unseen.appearance) > 0.6


def test_sequence_tells_the_motion_flipped_or_not_and_its_partner_backwards(train, unseen):
    classifier = fit(train.moving, train.motion)
    partner = np.array([MOTION_CLASSES.index(REVERSED[name]) for name in MOTION_CLASSES])
    assert classifier.score(unseen.moving, unseen.motion) > 0.8
    assert classifier.score(unseen.flipped, unseen.motion) > 0.8
    assert classifier.score(unseen.backwards, partner[unseen.motion]) > 0.8
