"""What is held of a video, and what is said of one that ends late."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from mlfo_mm.datasets.readers import PyAVReader
from mlfo_mm.video import packets
from mlfo_mm.video.opening import VideoError
from mlfo_mm.video.packets import Packets


def raw_video(path: Path, frames: int) -> Path:
    """Frames of 2 x 2 pixels and a dozen bytes, frame n of grey n."""
    with av.open(str(path), 'w') as container:
        stream = container.add_stream('rawvideo', rate=25)
        stream.width = stream.height = 2
        stream.pix_fmt = 'bgr24'
        for number in range(frames):
            image = np.full((2, 2, 3), number, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format='bgr24')))
    return path


def test_packets_take_more_than_their_bytes(tmp_path, monkeypatch):
    """Many small ones are not held, and the frames are those of their numbers all the same."""
    path = raw_video(tmp_path / 'many.avi', 60)
    held = Packets(str(path))
    assert (held.num_frames, len(held.held), len(held.ranks)) == (60, 60, 60)
    monkeypatch.setattr(packets, 'MAX_HELD', 59 * packets.OVERHEAD)
    reader = PyAVReader(str(path))
    assert (reader.num_frames, reader._video.held, reader._video.ranks) == (60, [], {})
    assert [frame.mean() for frame in reader.read(np.array([0, 31, 59]))] == [0, 31, 59]


def slides(path: Path, seconds: int) -> Path:
    """Twenty frames in a second, the last one shown for so many."""
    with av.open(str(path), 'w') as container:
        stream = container.add_stream('mjpeg', rate=20, options={'strict': 'unofficial'})
        stream.width, stream.height, stream.pix_fmt = 32, 32, 'yuvj420p'
        image = np.zeros((32, 32, 3), np.uint8)
        for number in range(20):
            frame = av.VideoFrame.from_ndarray(image, format='rgb24').reformat(format='yuvj420p')
            frame.pts, frame.time_base = number, Fraction(1, 20)
            for packet in stream.encode(frame):
                packet.duration = 20 * seconds if number == 19 else 1
                container.mux(packet)
    return path


def test_a_last_picture_that_is_shown_for_long(tmp_path):
    path = slides(tmp_path / 'slides.mkv', 60)
    assert Packets(str(path)).num_frames == 20
    cut = tmp_path / 'cut.mkv'
    data = path.read_bytes()
    cut.write_bytes(data[: len(data) * 3 // 4])
    with pytest.raises(VideoError, match=r'truncated: .* of 60\.95 s'):
        Packets(str(cut))
