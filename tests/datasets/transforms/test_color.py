"""Colour operations against torchvision on PIL images, and how often they are drawn."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import torch
from PIL import Image
from torchvision.transforms import functional

from mlfo_mm.datasets import PerFrameColorJitter, PerFrameGray
from mlfo_mm.datasets.transforms import color

FACTORS = [0.0, 0.5, 0.8, 1.0, 1.3, 1.5]
SHIFTS = [-0.5, -0.25, -0.1, 0.0, 0.07, 0.25, 0.5]


def images() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    noise = rng.integers(0, 256, (64, 80, 3), dtype=np.uint8)
    smooth = cv2.resize(noise[:4, :5], (80, 64), interpolation=cv2.INTER_CUBIC)
    flat = np.full((64, 80, 3), (200, 40, 90), np.uint8)
    return {'noise': noise, 'smooth': smooth, 'flat': flat}


@pytest.fixture(params=images())
def image(request) -> np.ndarray:
    return images()[request.param]


def through_pil(function, image: np.ndarray, value: float) -> np.ndarray:
    return np.asarray(function(Image.fromarray(image), value)).astype(int)


@pytest.mark.parametrize('factor', FACTORS)
@pytest.mark.parametrize('name', ['brightness', 'contrast', 'saturation'])
def test_blends_equal_pil_within_one_level(image, name, factor):
    ours = getattr(color, f'adjust_{name}')(image, factor)
    pil = through_pil(getattr(functional, f'adjust_{name}'), image, factor)
    difference = abs(ours - pil)
    assert ours.dtype == np.uint8
    assert difference.max() <= (0 if name == 'brightness' else 1)
    assert abs((ours - pil).mean()) < 0.25  # no lasting shift up or down


@pytest.mark.parametrize('shift', SHIFTS)
@pytest.mark.parametrize('name', ['noise', 'smooth'])
def test_hue_is_as_near_to_the_exact_turn_as_pil(name, shift):
    image = images()[name]
    ours = color.adjust_hue(image, shift).astype(int)
    tensor = torch.from_numpy(image).permute(2, 0, 1)
    exact = functional.adjust_hue(tensor, shift).permute(1, 2, 0).numpy().astype(int)
    pil = through_pil(functional.adjust_hue, image, shift)
    # Hue in 8 bits has steps of 6 levels: neither is exact.
    assert abs(ours - exact).mean() <= max(abs(pil - exact).mean(), 0.7)
    assert abs(ours - exact).max() <= 9
    assert abs(ours - pil).mean() <= 2.2


def test_hue_turns_red_to_green_to_blue():
    red = np.full((2, 2, 3), (255, 0, 0), np.uint8)
    assert abs(color.adjust_hue(red, 1 / 3)[0, 0] - np.array([0, 255, 0])).max() <= 6
    assert abs(color.adjust_hue(red, -1 / 3)[0, 0] - np.array([0, 0, 255])).max() <= 6


def jitter(frames: list[np.ndarray], seed: int = 0, **arguments) -> list[np.ndarray]:
    np.random.seed(seed)
    return PerFrameColorJitter(**arguments)(dict(imgs=list(frames)))['imgs']


def test_strengths_stay_in_their_range_and_fill_it():
    frames = [np.full((2, 2, 3), 100, np.uint8)] * 400
    values = [f[0, 0, 0] for f in jitter(frames, contrast=0, saturation=0, hue=0)]
    assert 49 <= min(values) <= 53 and 147 <= max(values) <= 150
    values = [f[0, 0, 0] for f in jitter(frames, brightness=1.5, contrast=0, saturation=0, hue=0)]
    assert min(values) == 0 and 240 <= max(values) <= 250


def test_each_frame_has_its_own_strength_or_all_have_one(image):
    own = jitter([image] * 4)
    assert len({frame.tobytes() for frame in own}) == 4
    shared = jitter([image] * 4, per_frame=False)
    assert len({frame.tobytes() for frame in shared}) == 1
    assert not np.array_equal(shared[0], image)


def test_order_is_drawn_for_each_frame(monkeypatch):
    seen: list[list[int]] = []

    def recorder(number):
        def adjust(img, strength):
            if len(seen[-1]) == 4:
                seen.append([])
            seen[-1].append(number)
            return img

        return adjust

    seen.append([])
    monkeypatch.setattr(color, 'ADJUST', tuple(recorder(i) for i in range(4)))
    jitter([np.zeros((1, 1, 3), np.uint8)] * 500)
    assert len(seen) == 500
    assert {tuple(sorted(order)) for order in seen} == {(0, 1, 2, 3)}
    assert len({tuple(order) for order in seen}) == 24


def test_probability_is_of_all_frames_together(image):
    changed = []
    for seed in range(60):
        frames = jitter([image] * 3, seed, p=0.5)
        same = [frame is image for frame in frames]
        assert len(set(same)) == 1
        changed.append(not same[0])
    assert 15 < sum(changed) < 45
    assert jitter([image], p=0)[0] is image


def test_inputs_are_left_as_they_were(image):
    before = image.copy()
    jitter([image, image])
    assert np.array_equal(image, before)


def test_gray_copies_one_channel_of_some_frames(image):
    np.random.seed(0)
    frames = PerFrameGray(0.5)(dict(imgs=[image] * 300))['imgs']
    kinds = {image.tobytes(): 'colour'}
    kinds |= {np.repeat(image[..., c : c + 1], 3, axis=2).tobytes(): 'rgb'[c] for c in range(3)}
    counts = {kind: 0 for kind in kinds.values()}
    for frame in frames:
        counts[kinds[frame.tobytes()]] += 1
    assert 120 < counts['colour'] < 180
    assert min(counts[c] for c in 'rgb') > 30


def test_one_channel_for_all_frames_where_it_is_drawn_once():
    image = np.stack([np.full((4, 4), level, np.uint8) for level in (10, 20, 30)], -1)
    shown = [PerFrameGray(1.0, per_frame=False)(dict(imgs=[image] * 9))['imgs'] for _ in range(30)]
    assert {len(np.unique(np.stack(frames))) for frames in shown} == {1}
    assert {frames[0][0, 0, 0] for frames in shown} == {10, 20, 30}
    drawn = [PerFrameGray(0.5, per_frame=False).draw(9) for _ in range(60)]
    assert {len(set(channels)) for channels in drawn} == {1}
    assert 15 < sum(channels[0] < 0 for channels in drawn) < 45


def test_jitter_of_gray_frames_is_that_of_any_frame(image):
    np.random.seed(0)
    results = PerFrameGray(p=0.5)(dict(imgs=[image] * 40))
    assert 5 < len(results['gray_imgs']) < 35
    marked, plain = dict(results), dict(imgs=results['imgs'])
    outcomes = []
    for frames in (marked, plain):
        np.random.seed(1)
        outcomes.append(PerFrameColorJitter(0.8, 0.8, 0.8, 0.4)(frames)['imgs'])
    assert all(map(np.array_equal, *outcomes))


@pytest.mark.parametrize('p', [0.0, 1.0])
def test_gray_never_or_always(p):
    image = images()['noise']
    frames = PerFrameGray(p)(dict(imgs=[image] * 50))['imgs']
    assert {bool((f[..., 0] == f[..., 1]).all()) for f in frames} == {p == 1.0}


@pytest.mark.parametrize(
    'build',
    [
        lambda: PerFrameColorJitter(hue=0.6),
        lambda: PerFrameColorJitter(brightness=-1),
        lambda: PerFrameColorJitter(p=2),
        lambda: PerFrameGray(-0.1),
    ],
)
def test_wrong_arguments_are_refused(build):
    with pytest.raises(ValueError, match='must be'):
        build()


def test_they_are_printed_with_their_arguments():
    assert repr(PerFrameGray(0.3)) == 'PerFrameGray(p=0.3, per_frame=True)'
    printed = repr(PerFrameColorJitter(p=0.4, brightness=0.5))
    assert printed.startswith('PerFrameColorJitter(ranges=[[0.5, 1.5], ') and 'p=0.4' in printed
