"""Which stream of a file is its video."""

from __future__ import annotations

from types import SimpleNamespace

import av
import pytest
from av.stream import Disposition

from mlfo_mm.video import opening
from mlfo_mm.video.opening import VideoError, open_video

COVER = Disposition.attached_pic | Disposition.default


def file_of(monkeypatch, *streams):
    """A file that has these streams, of which FFmpeg thinks the first one best."""
    streams = [
        SimpleNamespace(disposition=each, codec_context=SimpleNamespace(width=2, height=2))
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
