"""Written frames are read as they were given."""

from __future__ import annotations

import av
import numpy as np
import pytest

from mlfo_mm.video.writing import write_frames


@pytest.mark.parametrize(('name', 'shape'), [('a/b.mp4', (10, 8)), ('b.gif', (9, 7))])
def test_frames_come_back(tmp_path, name, shape):
    frames = np.zeros((3, 9, 7, 3), np.uint8)
    frames[..., 2] = 200
    frames[range(3), 0, range(3), 0] = 255  # a GIF shows equal frames as one
    write_frames(tmp_path / name, frames, fps=10)
    with av.open(str(tmp_path / name)) as container:
        rate = container.streams.video[0].average_rate
        read = [frame.to_ndarray(format='rgb24') for frame in container.decode(video=0)]
    assert len(read) == 3 and rate == 10 and read[0].shape[:2] == shape
    assert (np.abs(read[2][5, 4].astype(int) - (0, 0, 200)) < 9).all()
