"""Which stream of a file is its video."""

from __future__ import annotations

from types import SimpleNamespace

import av
import numpy as np
import pytest
from av.stream import Disposition

from mlfo_mm.video import opening
from mlfo_mm.video.opening import VideoError, open_video
from mlfo_mm.video.packets import decode_in_order
from mlfo_mm.video.writing import write_frames

COVER = Disposition.attached_pic | Disposition.default


def file_of(monkeypatch, *streams):
    """A file that has these streams, of which FFmpeg thinks the first one best."""
    streams = [
        SimpleNamespace(
            disposition=each, codec_context=SimpleNamespace(width=2, height=2, options={})
        )
        for each in streams
    ]

    class Streams(SimpleNamespace):
        def best(self, kind):
            return self.video[0] if self.video else None

    container = SimpleNamespace(streams=Streams(video=streams), close=lambda: None)
    monkeypatch.setattr(av, 'open', lambda *_, **__: container)
    return streams


def test_a_cover_is_not_the_video_though_it_stands_first(monkeypatch, tmp_path):
    path = tmp_path / 'a.mp4'
    path.write_bytes(b'x')
    streams = file_of(monkeypatch, COVER, COVER, Disposition(0))
    assert opening.open_video(str(path))[1] is streams[2]
    for none in ((), (COVER,)):
        file_of(monkeypatch, *none)
        with pytest.raises(VideoError, match='no video stream'):
            open_video(str(path))


def test_pictures_larger_than_the_header_says_are_not_begun(tmp_path, monkeypatch):
    """A decoder would hold up to 17 of them before the first one comes out."""
    for name, side in (('small.mp4', 16), ('large.mp4', 64)):
        write_frames(tmp_path / name, np.zeros((3, side, side, 3), np.uint8), fps=10)
    monkeypatch.setattr(opening, 'DECODED_PIXELS', 64 * 64 - 1)
    assert sum(1 for _ in decode_in_order(str(tmp_path / 'small.mp4'))) == 3
    with pytest.raises(av.FFmpegError):
        next(decode_in_order(str(tmp_path / 'large.mp4')))


def test_the_largest_frames_fit_whatever_a_codec_adds():
    assert opening.DECODED_PIXELS > (8192 + 64) * (4320 + 64)
