"""Gray and blur of a whole clip against torchvision, and how often they are drawn."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import torch
from torchvision.transforms import functional

from mlfo_mm.datasets import ClipGaussianBlur, ClipGray, PerFrameColorJitter
from mlfo_mm.engine.config import load_config


def frames(height: int = 48, count: int = 4) -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    noise = rng.integers(0, 256, (count, height, 40, 3), dtype=np.uint8)
    noise[1] = cv2.resize(noise[1, :4, :5], (40, height), interpolation=cv2.INTER_CUBIC)
    return list(noise)


def apply(transform, imgs: list[np.ndarray], seed: int = 0) -> list[np.ndarray]:
    np.random.seed(seed)
    return transform(dict(imgs=list(imgs)))['imgs']


def as_tensor(imgs: list[np.ndarray]) -> torch.Tensor:
    return torch.from_numpy(np.stack(imgs)).permute(0, 3, 1, 2)


def level_differences(ours: list[np.ndarray], theirs: torch.Tensor) -> torch.Tensor:
    assert {img.dtype for img in ours} == {np.dtype(np.uint8)}
    return (as_tensor(ours).int() - theirs.int()).abs()


def test_gray_equals_torchvision_within_one_level():
    imgs = frames()
    theirs = functional.rgb_to_grayscale(as_tensor(imgs), num_output_channels=3)
    assert level_differences(apply(ClipGray(1.0), imgs), theirs).max() <= 1


@pytest.mark.parametrize(('height', 'kernel'), [(112, 11), (64, 7), (32, 3)])
@pytest.mark.parametrize('sigma', [0.1, 0.5, 1.0, 2.0])
def test_blur_equals_torchvision_within_one_level(height, kernel, sigma):
    imgs = frames(height)
    theirs = functional.gaussian_blur(as_tensor(imgs), [kernel, kernel], [sigma, sigma])
    differences = level_differences(apply(ClipGaussianBlur((sigma, sigma), 1.0), imgs), theirs)
    assert differences.max() <= 1
    assert differences.float().mean() < 0.3


@pytest.mark.parametrize('build', [ClipGray, ClipGaussianBlur])
def test_a_clip_changes_as_a_whole_or_not_at_all(build):
    imgs, changed = [frames()[0]] * 3, []
    for seed in range(80):
        out = apply(build(p=0.25), imgs, seed)
        assert len({img.tobytes() for img in out}) == 1
        changed.append(out[0] is not imgs[0])
    assert 8 < sum(changed) < 34
    assert apply(build(p=0.0), imgs)[0] is imgs[0]


def test_sigma_is_drawn_from_its_range():
    image = np.zeros((41, 41, 3), np.uint8)
    image[20, 20] = 255
    peaks = [apply(ClipGaussianBlur(p=1.0), [image], seed)[0][20, 20, 0] for seed in range(40)]
    assert max(peaks) > 200 and min(peaks) < 20
    sharp, soft = (apply(ClipGaussianBlur((s, s), 1.0), [image])[0] for s in (0.5, 2.0))
    assert sharp[20, 20, 0] > soft[20, 20, 0] > 0


def test_colour_jitter_of_the_views_is_one_for_a_clip():
    config = load_config('moco/r3d18@ucf101')
    steps = config.train_pipeline[3].transforms
    jitter = next(dict(step) for step in steps if step.type is PerFrameColorJitter)
    jitter.pop('type')
    out = apply(PerFrameColorJitter(**jitter | dict(p=1.0)), [frames()[0]] * 3)
    assert len({img.tobytes() for img in out}) == 1


@pytest.mark.parametrize(
    'build',
    [
        lambda: ClipGray(1.2),
        lambda: ClipGaussianBlur(p=-1),
        lambda: ClipGaussianBlur((0.0, 1.0)),
        lambda: ClipGaussianBlur((2.0, 1.0)),
        lambda: ClipGaussianBlur(kernel_share=0),
    ],
)
def test_wrong_arguments_are_refused(build):
    with pytest.raises(ValueError, match='must be'):
        build()


def test_they_are_printed_with_their_arguments():
    assert repr(ClipGray(0.3)) == 'ClipGray(p=0.3)'
    assert repr(ClipGaussianBlur((0.2, 1.0), 0.4)) == 'ClipGaussianBlur(sigma=(0.2, 1.0), p=0.4)'
