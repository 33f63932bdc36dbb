"""Sources of videos as labels."""

from __future__ import annotations

import numpy as np

from mlfo_mm.datasets.transforms import LabelSource


def number(filename: str) -> int:
    label = LabelSource()(dict(filename=filename, label=3))['label']
    assert label.shape == (1, 1) and label.dtype == np.int64
    return int(label[0, 0])


def test_clips_of_one_source_have_one_number():
    first = number('/data/ucf101/Jump/v_Jump_g08_c01.avi')
    assert first == number('/data/ucf101/Jump/v_Jump_g08_c02.avi')
    others = ('Jump/v_Jump_g09_c01.avi', 'Run/v_Run_g08_c01.avi', 'Jump/a.mp4', 'Jump/b.mp4')
    assert len({first, *(number(f'/data/ucf101/{name}') for name in others)}) == 5
    assert 0 <= first < 2**48
