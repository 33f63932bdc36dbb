"""Samplers for every length of video from 1, and transforms for every clip."""

from __future__ import annotations

import random
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from mmaction.datasets.transforms import Flip, RandomResizedCrop, Resize

from mlfo_mm.datasets import (
    ClipGaussianBlur,
    ClipGray,
    FrameDifference,
    PerClip,
    PerFrameColorJitter,
    PerFrameGray,
    RotateClips,
    SampleBlocks,
    SampleClipOrder,
    SampleClips,
    SampleCloze,
    SampleGlobalLocal,
    SampleMLFOClips,
    SamplePace,
    SamplePlayback,
    SamplePuzzle,
    SampleRelativeSpeeds,
    SampleSpeeds,
    SampleTemporalTransforms,
    SampleTwoClips,
)

LENGTHS = st.one_of(st.integers(1, 40), st.integers(1, 400))
SEEDS = st.integers(0, 2**32 - 1)
CLIPS = st.integers(1, 16)

SAMPLERS: dict[str, Callable[[int, int], object]] = {
    **{
        f'mlfo {view} {short}': lambda n, k, view=view, short=short: SampleMLFOClips(
            n, float(k), view, short
        )
        for view in ('strided', 'full', 'none')
        for short in ('loop', 'slow')
    },
    **{
        f'two {mode}': lambda n, k, mode=mode: SampleTwoClips(n, k, mode)
        for mode in ('adjacent', 'uniform', 'cvrl')
    },
    'blocks': lambda n, k: SampleBlocks(n, 4, k),
    'order': lambda n, k: SampleClipOrder(n, k, 3, gap=2 * k),
    'clips': lambda n, k: SampleClips(n, k, 2),
    'cloze': lambda n, k: SampleCloze(n + 3, k, gap=2 * k, distance=n),
    'pace fit': lambda n, k: SamplePace(n, (1, 2, k + 2, -1, 0), 2),
    'pace loop': lambda n, k: SamplePace(n, (1, 2, k + 2, -1, 0), 2, 'loop'),
    'playback': lambda n, k: SamplePlayback(n, (1, 2 * k)),
    'puzzle': lambda n, k: SamplePuzzle(n, n + k),
    'speeds': lambda n, k: SampleSpeeds(n, k),
    'global and local': lambda n, k: SampleGlobalLocal(2 * n, 2 * k, 2),
    'relative speeds': lambda n, k: SampleRelativeSpeeds(n, k),
    'temporal': lambda n, k: SampleTemporalTransforms(n + 3, k),
}


def sample(sampler, frames: int, seed: int) -> dict:
    np.random.seed(seed)
    return sampler(dict(total_frames=frames, start_index=0))


def clips_of(results: dict) -> np.ndarray:
    return results['frame_inds'].reshape(-1, results['clip_len'])


@pytest.mark.parametrize('name', SAMPLERS)
@settings(max_examples=40)
@given(frames=LENGTHS, length=CLIPS, step=st.integers(1, 4), seed=SEEDS)
def test_every_sampler_stays_within_the_video(name, frames, length, step, seed):
    sampler = SAMPLERS[name](length, step)
    results = sample(sampler, frames, seed)
    inds = results['frame_inds']
    assert np.issubdtype(inds.dtype, np.integer)
    assert 0 <= inds.min() <= inds.max() < frames
    assert len(inds) == results['num_clips'] * results['clip_len']
    assert sorted(sum(results['view_groups'], ())) == list(range(results['num_clips']))
    assert isinstance(results['short_video'], bool)
    again = sample(sampler, frames, seed)
    assert np.array_equal(again['frame_inds'], inds)
    np.random.seed(seed)
    shifted = sampler(dict(total_frames=frames, start_index=1))  # frames that count from 1
    assert np.array_equal(shifted['frame_inds'], inds + 1)


@pytest.mark.parametrize('mode', ['adjacent', 'uniform', 'cvrl'])
@given(frames=LENGTHS, length=CLIPS, step=st.integers(1, 5), seed=SEEDS)
def test_two_clips_keep_their_stride(mode, frames, length, step, seed):
    results = sample(SampleTwoClips(length, step, mode), frames, seed)
    clips = clips_of(results)
    assert clips.shape == (2, length)
    assert (np.diff(clips) % frames == step % frames).all()  # where it is looped, too
    reach = (length - 1) * step + 1 + (length * step if mode == 'adjacent' else 0)
    assert results['short_video'] == (frames < reach)
    if not results['short_video']:
        assert (np.diff(clips) == step).all()
    if mode == 'adjacent':
        assert (clips[1] - clips[0]) % frames == pytest.approx(length * step % frames)


@given(frames=LENGTHS, length=CLIPS, most=st.floats(1, 8), seed=SEEDS)
def test_mlfo_views_are_one_stretch_at_one_rate(frames, length, most, seed):
    results = sample(SampleMLFOClips(length, most), frames, seed)
    a, b, long = clips_of(results)
    whole, rate = np.concatenate([a, b]), results['frame_interval']
    assert np.array_equal(long, whole[::2])
    assert 1 <= rate <= max(1.0, min(most, frames / (2 * length)))
    assert results['short_video'] == (frames < 2 * length)
    if not results['short_video']:
        steps = np.diff(whole)
        assert steps.min() >= np.floor(rate) and steps.max() <= np.ceil(rate)
        assert whole[-1] - whole[0] == pytest.approx(rate * (2 * length - 1), abs=1.0)
    else:
        assert (np.diff(whole) % frames == 1 % frames).all()


@given(frames=LENGTHS, length=CLIPS, seed=SEEDS)
def test_a_slowed_short_video_is_shown_whole(frames, length, seed):
    assume(frames < 2 * length)
    results = sample(SampleMLFOClips(length, 3.0, 'none', 'slow'), frames, seed)
    inds = results['frame_inds']
    assert (np.diff(inds) >= 0).all() and inds[0] == 0
    assert set(inds) == set(range(frames))


@given(frames=LENGTHS, length=CLIPS, step=st.integers(1, 4), blocks=st.integers(1, 6), seed=SEEDS)
def test_blocks_follow_each_other_at_one_stride(frames, length, step, blocks, seed):
    results = sample(SampleBlocks(length, blocks, step), frames, seed)
    inds, shown = results['frame_inds'], results['frame_interval']
    assert (np.diff(inds) % frames == shown % frames).all() and 1 <= shown <= step
    if (length * blocks - 1) * step < frames:
        assert (np.diff(inds) == step).all()


@given(frames=LENGTHS, length=CLIPS, seed=SEEDS)
def test_a_pace_is_its_label(frames, length, seed):
    paces = (1, 2, 3, -1, 0)
    results = sample(SamplePace(length, paces, 3), frames, seed)
    for clip, (label,) in zip(clips_of(results), results['label'], strict=True):
        assert (np.diff(clip) % frames == paces[label] % frames).all()
        if (length - 1) * abs(paces[label]) < frames:
            assert (np.diff(clip) == paces[label]).all()


@given(frames=LENGTHS, length=CLIPS, step=st.integers(1, 4), seed=SEEDS)
def test_shuffled_clips_are_put_in_order_by_their_label(frames, length, step, seed):
    sampler = SampleClipOrder(length, step, 3, gap=4)
    results = sample(sampler, frames, seed)
    clips, ((label,),) = clips_of(results), results['label']
    assert (np.diff(clips) % frames == step % frames).all()
    in_order = clips[np.argsort(sampler.orders[label])]
    if not results['short_video']:
        assert (np.diff(in_order[:, 0]) == (length - 1) * step + 1 + 4).all()


@st.composite
def stacks(draw: st.DrawFn) -> dict:
    """Clips of uint8 frames that differ, with the keys that a sampler sets."""
    views, length = draw(st.integers(1, 3)), draw(st.integers(2, 4))
    height, width = draw(st.integers(8, 24)), draw(st.integers(8, 24))
    rng = np.random.default_rng(draw(st.integers(0, 2**31)))
    imgs = list(rng.integers(0, 256, (views * length, height, width, 3), dtype=np.uint8))
    return dict(imgs=imgs, clip_len=length, num_clips=views, img_shape=(height, width))


CROP = [
    dict(type=RandomResizedCrop, area_range=(0.3, 0.8)),
    dict(type=Resize, scale=(12, 10), keep_ratio=False),
    dict(type=Flip, flip_ratio=0.5),
]
ALIKE = {  # one draw for all frames that they are given
    'jitter': lambda: PerFrameColorJitter(0.5, 0.5, 0.5, 0.25, per_frame=False),
    'gray': lambda: ClipGray(0.5),
    'blur': lambda: ClipGaussianBlur(p=0.5),
    'crop': lambda: PerClip(CROP),
}
ANY = ALIKE | {
    'jitter of each frame': PerFrameColorJitter,
    'gray of each frame': PerFrameGray,
    'difference': FrameDifference,
}


def apply(transform, results: dict, seed: int) -> dict:
    np.random.seed(seed)
    random.seed(seed)  # MMAction2's crops draw from both
    return transform(dict(results, imgs=list(results['imgs']), modality='RGB'))


@pytest.mark.parametrize('name', ANY)
@settings(max_examples=30)
@given(results=stacks(), seed=SEEDS)
def test_frames_stay_frames(name, results, seed):
    before = [img.copy() for img in results['imgs']]
    done = apply(ANY[name](), results, seed)
    size = (10, 12) if name == 'crop' else results['img_shape']
    assert len(done['imgs']) == len(before)
    for img in done['imgs']:
        assert img.dtype == np.uint8 and img.shape == (*size, 3)
    assert all(map(np.array_equal, results['imgs'], before))  # what came in is left as it was
    again = apply(ANY[name](), results, seed)
    assert all(map(np.array_equal, done['imgs'], again['imgs']))


@pytest.mark.parametrize('name', ALIKE)
@settings(max_examples=30)
@given(results=stacks(), seed=SEEDS)
def test_frames_of_a_clip_are_treated_alike(name, results, seed):
    """Frames that are the same come out the same."""
    results['num_clips'] = 1
    results['imgs'] = [results['imgs'][0].copy() for _ in range(results['clip_len'])]
    imgs = apply(ALIKE[name](), results, seed)['imgs']
    assert all(np.array_equal(imgs[0], img) for img in imgs[1:])


@pytest.mark.parametrize('name', ALIKE)
def test_views_are_treated_differently(name):
    """The same frame in two views comes out as two; not always, where only a coin is tossed."""
    rng = np.random.default_rng(0)
    img = rng.integers(0, 256, (24, 24, 3), dtype=np.uint8)
    results = dict(imgs=[img] * 4, clip_len=2, num_clips=2, img_shape=(24, 24))
    transform = ALIKE[name]() if name == 'crop' else PerClip([ALIKE[name]()])
    differ = 0
    for seed in range(40):
        first, same, second, _ = apply(transform, results, seed)['imgs']
        assert np.array_equal(first, same)
        differ += not np.array_equal(first, second)
    assert differ >= (38 if name in ('jitter', 'crop') else 12)


@settings(max_examples=30)
@given(results=stacks(), everything=st.booleans(), seed=SEEDS)
def test_turned_clips_turn_back_by_their_label(results, everything, seed):
    side = min(results['img_shape'])
    results['imgs'] = [img[:side, :side].copy() for img in results['imgs']]
    results['img_shape'] = (side, side)
    done, length = apply(RotateClips(everything), results, seed), results['clip_len']
    assert len(done['imgs']) == done['num_clips'] * length == len(done['label']) * length
    for view, (turns,) in enumerate(done['label']):
        source = view // 4 if everything else view
        for t in range(length):
            back = np.rot90(done['imgs'][view * length + t], -turns)
            assert np.array_equal(back, results['imgs'][source * length + t])
