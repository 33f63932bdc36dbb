"""TaCo's clips: the second is undone by its label."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlfo_mm.datasets import RotateClips, SampleTemporalTasks
from tests.datasets.transforms.test_pretext import draw


@settings(max_examples=150, deadline=None)
@given(frames=st.integers(1, 150), seed=st.integers(0, 2**31))
def test_label_undoes_what_was_done(frames, seed):
    (plain, second), label, results = draw(SampleTemporalTasks(8, 2), frames, seed)
    assert label[0].tolist() == [-1, -1, -1] and results['view_groups'] == ((0,), (1,))
    assert (np.diff(plain) % frames == 2 % frames).all()
    pace, backwards, shuffled = label[1]
    if backwards:
        second = second[::-1]
    pieces = second.reshape(4, 2)
    step = (1, 2, 4)[pace]
    assert (np.diff(pieces, axis=1) % frames == step % frames).all()  # each in its own order
    if frames >= 8:
        starts = pieces[:, 0]
        assert (np.sort(starts) == starts.min() + 2 * step * np.arange(4)).all()
        assert ((np.diff(starts) > 0).all()) != shuffled
    assert results['short_video'] == (frames < 29)
    assert step * 7 < frames or step == 1  # only paces that fit


def test_all_labels_are_drawn_alike_and_independently():
    np.random.seed(0)
    sampler = SampleTemporalTasks(8)
    counts = np.zeros((3, 2, 2))
    for _ in range(2400):
        counts[tuple(sampler(dict(total_frames=60))['label'][1])] += 1
    assert (abs(counts - 200) < 60).all()


def test_rotation_stands_beside_the_other_labels():
    frame = np.arange(48, dtype=np.uint8).reshape(4, 4, 3)
    seen = set()
    for seed in range(30):
        np.random.seed(seed)
        results = dict(
            imgs=[frame] * 4, img_shape=(4, 4), clip_len=2, num_clips=2,
            label=np.array([[-1, -1], [2, 1]]),
        )  # fmt: skip
        results = RotateClips(beside=True)(results)
        assert results['label'][:, :2].tolist() == [[-1, -1], [2, 1]]
        plain, turns = results['label'][:, 2]
        seen.add(turns)
        assert plain == -1 and (results['imgs'][0] == frame).all()
        assert all((np.rot90(img, -turns) == frame).all() for img in results['imgs'][2:])
    assert seen == {0, 1, 2, 3}
    with pytest.raises(ValueError, match='leave one out'):
        RotateClips(all_angles=True, beside=True)


@pytest.mark.parametrize(
    ('arguments', 'word'),
    [
        (dict(clip_len=8, num_pieces=3), 'num_pieces=3'),
        (dict(clip_len=4, num_pieces=4), 'at least 2'),
        (dict(paces=(2, 2)), 'paces'),
        (dict(paces=(0, 2)), 'pace=0'),
    ],
)
def test_wrong_arguments_are_named(arguments, word):
    with pytest.raises(ValueError, match=word):
        SampleTemporalTasks(**arguments)
