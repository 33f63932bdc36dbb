"""Patches on frames whose values say which frame they are of: content, places, courses, order."""

from __future__ import annotations

import numpy as np
import pytest

from mlfo_mm.datasets.transforms import PastePatches, patches

PLAIN = dict(shapes=(1, 0, 0), soft_edge=0, opacity=(1, 1), shown=1)
L, SIDE = 8, 56


@pytest.fixture(autouse=True)
def seeded():
    np.random.seed(0)


def counted(clips: int = 1, side: int = SIDE) -> dict:
    """Frame t of clip v is filled with 10 t + v + 1."""
    imgs = [
        np.full((side, side, 3), 10 * t + v + 1, np.uint8) for v in range(clips) for t in range(L)
    ]
    return dict(imgs=imgs, img_shape=(side, side), clip_len=L, num_clips=clips, label=3)


def test_a_patch_is_of_one_frame_of_its_clip_and_where_the_label_says():
    for _ in range(5):
        results = PastePatches(num_patches=1, **PLAIN)(counted(2))
        assert results['label'].shape == (2, 1, L, 4) and results['label'].dtype == np.int64
        for v in range(2):
            clip = results['imgs'][v * L : (v + 1) * L]
            (boxes,) = results['label'][v]
            values = set()
            for t, (frame, (x1, y1, x2, y2)) in enumerate(zip(clip, boxes, strict=True)):
                values |= set(np.unique(frame[y1:y2, x1:x2]))
                beside = frame.astype(int)
                beside[y1:y2, x1:x2] = 10 * t + v + 1
                assert (beside == 10 * t + v + 1).all()
            (value,) = values
            assert value % 10 == v + 1 and value // 10 < L


def test_frames_are_left_out_but_never_the_first_and_that_of_the_origin():
    seen = []
    for _ in range(20):
        results = PastePatches(num_patches=1, **PLAIN | dict(shown=0.0))(counted())
        (boxes,) = results['label'][0]
        changed = [
            t
            for t, frame in enumerate(results['imgs'])
            if (frame != 10 * t + 1).any()  # what stands on its own origin changes nothing
        ]
        assert changed in ([0], [])
        seen += changed
        assert (boxes[:, 2:] > boxes[:, :2]).all()  # that of frames without it is labelled too
    assert seen


def test_small_patches_stand_on_large_ones():
    boxes = np.tile(np.array([[20, 20, 30, 30], [10, 10, 50, 50]])[:, None], (1, L, 1))
    step = PastePatches(**PLAIN)
    clip = [np.full((SIDE, SIDE, 3), 10 * t + 1, np.uint8) for t in range(L)]
    clip = [np.where(np.arange(SIDE)[:, None, None] < 20, 0, frame) for frame in clip]
    differ = 0
    for _ in range(5):
        found = np.stack(step.paste(clip, boxes))
        inside, around = np.unique(found[:, 20:30, 20:30]), np.unique(found[:, 30:50, 30:50])
        assert len(inside) == len(around) == 1
        differ += int(inside[0] != around[0])
        assert (found[:, 10:20, 10:50] == 0).all()
    assert differ >= 3  # both may be of one frame


def test_boxes_lie_in_the_frame_and_move_no_faster_than_they_may():
    step = PastePatches(speed=3, growth=0.025)
    for side in (32, 112):
        boxes = np.stack([step.draw_boxes(16, side) for _ in range(200)]).reshape(-1, 16, 4)
        assert boxes.min() >= 0 and boxes.max() <= side
        size = boxes[..., 2:] - boxes[..., :2]
        assert size.min() >= 1
        centre = (boxes[..., 2:] + boxes[..., :2]) / 2
        way = np.abs(centre[:, -1] - centre[:, 0])
        assert way.max() <= 3 * 15 * side / 112 + 1  # corners are rounded
        # on average half of the largest way of one segment, less where a border is met
        assert 10 < way.mean() * 112 / side < 18
        if side == 112:
            # by hand: the mean of sizes and ratios without jitter
            assert size.prod(-1).mean() == pytest.approx(1548, rel=0.1)
            grown = np.abs(np.log(size[:, -1] / size[:, 0]))
            assert np.quantile(grown, 0.98) < 0.025 * 15 + 0.05


def test_patches_that_may_not_move_stand_still():
    boxes = PastePatches(speed=0, growth=0).draw_boxes(L, SIDE)
    assert (boxes == boxes[:, :1]).all()


@pytest.mark.parametrize(
    ('course', 'wanted'),
    [
        ('even', [0, 2, 4, 6, 8, 8, 8]),
        ('accelerated', [0, 0.5, 2, 4.5, 8, 8, 8]),
        ('slowed', [0, 3.5, 6, 7.5, 8, 8, 8]),
    ],
)
def test_courses_between_key_frames(monkeypatch, course, wanted):
    monkeypatch.setattr(patches.np.random, 'choice', lambda *_, **__: course)
    found = patches._along(np.array([[0.0], [8.0], [8.0]]), np.array([0, 4, 6]))
    assert found[:, 0].tolist() == wanted
    even = patches._along(np.array([[0.0], [8.0]]), np.array([0, 4]), even=True)
    assert even[:, 0].tolist() == [0, 2, 4, 6, 8]


def test_key_frames_begin_and_end_with_the_clip():
    assert PastePatches(key_frames=(1,))._key_frames(16).tolist() == [0, 15]
    step = PastePatches(key_frames=(0, 0, 1))
    inner = np.array([step._key_frames(16)[1:-1] for _ in range(100)])
    # at thirds of 16 frames, moved by up to a third of that
    assert (inner.min(0), inner.max(0))[0].tolist() == [4, 9]
    assert inner.max(0).tolist() == [5, 10]


@pytest.mark.parametrize(('place', 'area'), [(0, 1.0), (1, np.pi / 4), (2, 0.5)])
def test_masks(place, area):
    chances = [float(place == n) for n in range(3)]
    hard = PastePatches(shapes=chances, soft_edge=0)._mask(101, 61)
    assert hard.mean() == pytest.approx(area, abs=0.02) and set(np.unique(hard)) <= {0, 1}
    soft = PastePatches(shapes=chances, soft_edge=1)._mask(101, 61)
    assert (soft <= hard).all() and soft[30, 50] == 1 and soft[30, 0] < 0.1


def test_faults():
    with pytest.raises(ValueError, match='PastePatches needs square frames, got 8 x 9'):
        PastePatches()(counted() | dict(img_shape=(8, 9)))
    with pytest.raises(ValueError, match=r'key_frames=\(0.5,\), must be probabilities'):
        PastePatches(key_frames=(0.5,))
    with pytest.raises(ValueError, match='num_patches=0'):
        PastePatches(num_patches=0)
