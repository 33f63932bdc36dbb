"""Labels of the pretext tasks against what the clips show."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mmaction.datasets.transforms import FormatShape, PackActionInputs

from mlfo_mm.datasets import (
    DecodeFrames,
    LabelByPlace,
    OpenVideo,
    RotateClips,
    SampleClipOrder,
    SamplePace,
    SampleSpeeds,
    SampleTemporalTransforms,
    VideoListDataset,
)

FRAMES = st.integers(1, 300)
LENGTHS = st.integers(4, 20)
SEEDS = st.integers(0, 2**31)
SAMPLERS = (SampleClipOrder, SamplePace, SampleSpeeds, SampleTemporalTransforms)


def draw(sampler, frames: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray, dict]:
    np.random.seed(seed)
    results = sampler(dict(total_frames=frames, label=7))
    clips = results['frame_inds'].reshape(results['num_clips'], results['clip_len'])
    return clips, results['label'], results


@pytest.mark.parametrize('sampler', SAMPLERS)
@settings(max_examples=100, deadline=None)
@given(frames=FRAMES, clip_len=LENGTHS, seed=SEEDS)
def test_any_video_gives_frames_that_it_has(sampler, frames, clip_len, seed):
    clips, label, results = draw(sampler(clip_len), frames, seed)
    assert clips.min() >= 0 and clips.max() < frames
    assert label.ndim == 2 and label.shape[0] in (1, len(clips))
    assert (label >= -1).all() and label.dtype == np.int64
    again, same, _ = draw(sampler(clip_len), frames, seed)
    assert (again == clips).all() and (same == label).all()
    assert sorted(view for group in results['view_groups'] for view in group) == list(
        range(len(clips))
    )


def test_crops_are_each_clips_own_but_for_speeds():
    groups = [draw(sampler(4), 100)[2]['view_groups'] for sampler in SAMPLERS]
    assert groups == [((0,), (1,), (2,)), ((0,),), ((0, 1),), ((0,), (1,), (2,), (3,))]
    assert draw(SampleClipOrder(4, shared_crop=True), 100)[2]['view_groups'] == ((0, 1, 2),)


# the six classes of three clips, in the order of the paper's code
ORDERS = [(0, 1, 2), (0, 2, 1), (1, 0, 2), (1, 2, 0), (2, 0, 1), (2, 1, 0)]


@settings(max_examples=60, deadline=None)
@given(SEEDS)
def test_order_label_is_the_permutation_shown(seed):
    clips, label, results = draw(SampleClipOrder(16), 70, seed)
    shown = clips[:, 0]
    original = np.sort(shown)
    assert tuple(np.searchsorted(original, shown)) == ORDERS[label.item()]
    assert (np.diff(original) == 16 + 8).all() and not results['short_video']
    assert (np.diff(clips, axis=1) == 1).all()


def test_every_order_is_drawn_and_a_cycle_is_told_from_its_inverse():
    labels = [draw(SampleClipOrder(2), 60, seed)[1].item() for seed in range(200)]
    assert min(np.bincount(labels, minlength=6)) > 15
    for seed in range(60):
        clips, label, _ = draw(SampleClipOrder(2), 60, seed)
        if label.item() == 3:  # (1, 2, 0): the second clip comes first, the first one last
            assert clips[2, 0] < clips[0, 0] < clips[1, 0]


@pytest.mark.parametrize(
    ('frames', 'step'), [(64, 24), (63, 23), (48, 16), (40, 12), (18, 1), (5, 1)]
)
def test_gaps_shrink_then_clips_overlap(frames, step):
    clips, _, results = draw(SampleClipOrder(16), frames)
    if frames >= 18:
        assert (np.diff(np.sort(clips[:, 0])) == step).all()
    assert results['short_video'] == (frames < 64)


@settings(max_examples=200, deadline=None)
@given(st.integers(61, 300), SEEDS)
def test_pace_is_the_distance_of_frames_and_nothing_is_cut(frames, seed):
    clips, label, results = draw(SamplePace(16, (1, 2, 3, 4), num_clips=2), frames, seed)
    assert (np.diff(clips, axis=1) == label + 1).all()
    assert not results['short_video']


def test_paces_that_do_not_fit_are_not_drawn_unless_the_video_is_looped():
    drawn = {draw(SamplePace(16), 40, seed)[1].item() for seed in range(100)}
    assert drawn == {0, 1}
    looped = [draw(SamplePace(16, out_of_bound='loop'), 40, seed) for seed in range(200)]
    assert {label.item() for _, label, _ in looped} == {0, 1, 2, 3}
    cut = np.array([(np.diff(clips[0]) < 0).any() for clips, _, _ in looped])
    paces = np.array([label.item() for _, label, _ in looped])
    assert cut[paces == 3].mean() > cut[paces == 0].mean() + 0.2  # the shortcut


def test_seven_speeds_of_the_other_implementation():
    paces = (-4, -2, -1, 0, 1, 2, 4)
    for seed in range(60):
        clips, label, _ = draw(SamplePace(8, paces), 80, seed)
        assert (np.diff(clips[0]) == paces[label.item()]).all()


@settings(max_examples=200, deadline=None)
@given(st.integers(36, 300), SEEDS)
def test_speeds_start_together_and_differ_in_rate(frames, seed):
    clips, label, results = draw(SampleSpeeds(16), frames, seed)
    assert label.tolist() == [[0], [1]] and not results['short_video']
    assert clips[0, 0] == clips[1, 0]
    assert (np.diff(clips, axis=1) >= 1).all()
    assert np.ptp(clips[0]) < 20 and np.ptp(clips[1]) < 36


def test_rates_are_those_asked_for():
    spans = np.array([np.ptp(draw(SampleSpeeds(64), 300, seed)[0], 1) for seed in range(300)])
    means = spans.mean(0) / 64
    assert 1.05 < means[0] < 1.12 and 1.85 < means[1] < 1.98


@pytest.mark.parametrize('interval', [1, 2])
def test_in_a_short_video_repeated_frames_do_not_betray_the_speed(interval):
    sampler = SampleSpeeds(16, frame_interval=interval)
    for frames in range(1, 26 * interval + 1):
        for seed in range(10):
            clips, _, results = draw(sampler, frames, seed)
            assert results['short_video'] and clips.min() >= 0 and clips.max() < frames
            different = [len(set(clip)) for clip in clips]
            assert different[0] == different[1] == min(frames, 16)
    clips = np.stack([draw(SampleSpeeds(16), 24, seed)[0] for seed in range(100)])
    assert np.ptp(clips, 2).mean(0)[1] > np.ptp(clips, 2).mean(0)[0] + 4  # still faster


@settings(max_examples=300, deadline=None)
@given(st.sampled_from([4, 8, 16]), st.integers(20, 300), SEEDS)
def test_temporal_transformations(clip_len, frames, seed):
    clips, label, _ = draw(SampleTemporalTransforms(clip_len), frames, seed)
    speed = label[0, 1]
    assert label.tolist() == [[0, speed], [1, speed], [2, -1], [3, -1]]
    assert clip_len * 2**speed <= frames and speed <= 3
    original, periodic, shuffled, warped = clips
    assert (np.diff(original) == 2**speed).all()
    steps = np.diff(periodic)
    turn = int(np.argmax(steps != 2**speed))
    assert 1 <= turn < clip_len - 1
    assert (steps[:turn] == 2**speed).all() and (steps[turn + 1 :] == -(2**speed)).all()
    assert abs(steps[turn]) < 2**speed or (speed == 0 and steps[turn] == -1)
    assert (np.diff(np.sort(shuffled)) == 1).all()
    assert (np.diff(warped) >= 1).all()


@pytest.mark.parametrize('frames', [31, 32, 63, 64, 127, 128])
def test_speeds_of_a_video_are_those_that_fit_to_the_frame(frames):
    drawn = {draw(SampleTemporalTransforms(16), frames, seed)[1][0, 1] for seed in range(60)}
    assert drawn == set(range({31: 1, 32: 2, 63: 2, 64: 3, 127: 3, 128: 4}[frames]))


def test_shuffled_and_warped_are_irregular():
    clips = [draw(SampleTemporalTransforms(16), 200, seed)[0] for seed in range(50)]
    assert all((np.diff(shuffled) < 0).sum() > 2 for _, _, shuffled, _ in clips)
    assert all(len(set(np.diff(warped))) > 2 for *_, warped in clips)


def rotate(height: int = 6, width: int = 6, **options) -> dict:
    imgs = [np.random.randint(256, size=(height, width, 3), dtype=np.uint8) for _ in range(6)]
    return dict(
        imgs=imgs, clip_len=3, num_clips=2, img_shape=(height, width), label=7, modality='RGB'
    )


def by_hand(img: np.ndarray, turns: int) -> np.ndarray:
    out, size = img, len(img)
    for _ in range(turns):  # anticlockwise: the right column becomes the top row
        turned = np.empty_like(out)
        for row in range(size):
            for column in range(size):
                turned[row, column] = out[column, size - 1 - row]
        out = turned
    return out


def test_rotation_is_exact_and_one_for_a_clip():
    seen = set()
    for seed in range(20):
        np.random.seed(seed)
        before = rotate()
        originals = [img.copy() for img in before['imgs']]
        results = RotateClips()(before)
        assert results['label'].shape == (2, 1)
        for place, img in enumerate(originals):
            turns = int(results['label'][place // 3, 0])
            seen.add(turns)
            assert (results['imgs'][place] == by_hand(img, turns)).all()
    assert seen == {0, 1, 2, 3}


def test_all_angles():
    before = rotate()
    originals = [img.copy() for img in before['imgs']]
    results = RotateClips(all_angles=True)(before)
    assert results['label'].ravel().tolist() == [0, 1, 2, 3] * 2 and results['num_clips'] == 8
    for clip in range(8):
        for frame in range(3):
            expected = by_hand(originals[clip // 4 * 3 + frame], clip % 4)
            assert (results['imgs'][clip * 3 + frame] == expected).all()
    packed = PackActionInputs()(FormatShape('NCTHW')(results))
    assert packed['inputs'].shape == (8, 3, 3, 6, 6)
    assert packed['data_samples'].gt_label.shape == (8, 1)


def test_oblong_frames_are_refused():
    with pytest.raises(ValueError, match='square frames, got 4 x 6'):
        RotateClips()(rotate(4, 6))


@pytest.mark.parametrize(
    ('build', 'word'),
    [
        (lambda: SampleClipOrder(0), 'clip_len'),
        (lambda: SampleClipOrder(num_clips=1), 'num_clips'),
        (lambda: SampleClipOrder(gap=-1), 'gap'),
        (lambda: SamplePace(paces=(1, 1)), 'paces'),
        (lambda: SamplePace(out_of_bound='repeat'), 'out_of_bound'),
        (lambda: SampleSpeeds(fast=(1.1, 2)), 'fast'),
        (lambda: SampleTemporalTransforms(3), 'clip_len'),
    ],
)
def test_wrong_arguments_are_named(build, word):
    with pytest.raises(ValueError, match=word):
        build()


def dataset(root, name: str, label: int, sampler: dict, write_video) -> VideoListDataset:
    folder = root / name
    write_video(folder / 'a.mp4', 80)
    (folder / 'classes.txt').write_text('first\nsecond\n')
    (folder / 'train.txt').write_text(f'a.mp4 {label}\n')
    steps = [dict(type=OpenVideo), sampler, dict(type=DecodeFrames)]
    steps += [dict(type=FormatShape, input_format='NCTHW'), dict(type=PackActionInputs)]
    return VideoListDataset(name, steps, data_root=root)


@pytest.mark.parametrize('sampler', SAMPLERS)
def test_class_labels_are_not_read_and_pixels_show_the_label(
    sampler, tmp_path, write_video, frame_index
):
    config = dict(type=sampler, clip_len=4)
    first = dataset(tmp_path, 'one', 0, config, write_video)[0]
    second = dataset(tmp_path, 'two', 1, config, write_video)[0]
    label = first['data_samples'].gt_label
    assert (label == second['data_samples'].gt_label).all() and label.ndim == 2
    assert (first['inputs'] == second['inputs']).all()
    clips = first['inputs'].permute(0, 2, 3, 4, 1).numpy()  # (V, T, H, W, 3)
    shown = np.array([[frame_index(frame) for frame in clip] for clip in clips])
    if sampler is SampleClipOrder:
        assert tuple(shown[:, 0].argsort().argsort()) == ORDERS[label.item()]
    elif sampler is SamplePace:
        assert (np.diff(shown) == label.item() + 1).all()
    elif sampler is SampleSpeeds:
        assert shown[0, 0] == shown[1, 0] and shown[0, -1] < shown[1, -1]
    else:
        assert (np.diff(shown[0]) == 2 ** int(label[0, 1])).all()
        assert (np.diff(shown[1]) < 0).any() and (np.diff(shown[3]) > 0).all()


def test_the_label_is_the_place_in_the_list():
    found = LabelByPlace()(dict(label=7, list_index=3))['label']
    assert found.tolist() == [[3]] and found.dtype == np.int64
