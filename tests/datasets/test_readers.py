"""Frames by number are those of decoding everything in order, whatever codec, container and decoder."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import av
import numpy as np
import pytest

from mlfo_mm.datasets.readers import READERS, PyAVReader
from mlfo_mm.datasets.transforms.decode import open_reader
from tests.corpus import encode

B_FRAMES = {'bf': '3', 'g': '10', 'crf': '2'}
TIMES = np.cumsum([1 + (index * 7) % 5 for index in range(32)]).tolist()
KINDS = {
    'b_frames.mp4': dict(options=B_FRAMES),
    'open_gop.mp4': dict(options=B_FRAMES | {'x264-params': 'open-gop=1'}),
    'variable_rate.mp4': dict(options=B_FRAMES, times=TIMES),
    'refreshed_bit_by_bit.mp4': dict(
        options={'x264-params': 'intra-refresh=1:keyint=10', 'crf': '2'}
    ),
    'b_frames.mkv': dict(options=B_FRAMES),
    'b_frames.avi': dict(options=B_FRAMES),
    'b_frames.ts': dict(options=B_FRAMES),
    'divx.avi': dict(codec='mpeg4', options={'bf': '2', 'g': '10', 'q': '1'}),
    'xvid.avi': dict(codec='mpeg4', options={'g': '10', 'q': '1'}),
    'mpeg2.mpg': dict(codec='mpeg2video', options={'bf': '2', 'g': '10', 'q': '1'}),
}
WANTED = [
    np.arange(32),
    np.array([31]),
    np.array([25, 26]),
    np.array([3, 8, 13, 17, 22, 27]),
    np.arange(14, 31),
]


@pytest.fixture(scope='module')
def videos(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp('videos')
    for name, kind in KINDS.items():
        encode(folder / name, frames=32, **kind)
    return folder


def in_order(path: Path) -> np.ndarray:
    with av.open(str(path)) as container:
        frames = [frame.to_ndarray(format='rgb24') for frame in container.decode(video=0)]
    return np.stack(frames)


@pytest.mark.parametrize('name', KINDS)
@pytest.mark.parametrize('decoder', READERS)
def test_frames_by_number(videos, name, decoder):
    if decoder == 'torchcodec':
        pytest.importorskip('torchcodec', exc_type=Exception)
    elif importlib.util.find_spec({'pyav': 'av'}.get(decoder, decoder)) is None:
        pytest.skip(f'{decoder} is not installed')
    expected = in_order(videos / name)
    assert len(np.unique(expected.reshape(32, -1), axis=0)) > 24  # most differ
    for indices in WANTED:
        reader, used = open_reader(str(videos / name), decoder)
        assert reader.num_frames == 32 and used in (decoder, 'pyav')
        same = np.array_equal(reader.read(indices), expected[indices])
        assert same, indices


def test_only_what_is_needed_is_decoded(videos, monkeypatch):
    counted = []
    by_counting = PyAVReader._by_counting
    monkeypatch.setattr(
        PyAVReader, '_by_counting', lambda self, i: counted.append(1) or by_counting(self, i)
    )
    for name in ('b_frames.mp4', 'variable_rate.mp4', 'b_frames.mkv', 'divx.avi'):
        reader = PyAVReader(str(videos / name))
        reader.read(np.array([25, 31]))
        assert not counted, name


def test_a_reader_may_be_asked_again(videos):
    reader, expected = PyAVReader(str(videos / 'b_frames.mp4')), in_order(videos / 'b_frames.mp4')
    for indices in WANTED[::-1]:
        assert np.array_equal(reader.read(indices), expected[indices])


def test_a_video_that_begins_between_key_frames(videos, tmp_path):
    cut = tmp_path / 'cut.mkv'
    with av.open(str(videos / 'b_frames.mp4')) as whole, av.open(str(cut), 'w') as rest:
        stream = rest.add_stream_from_template(whole.streams.video[0])
        for number, packet in enumerate(whole.demux(video=0)):
            if number >= 4 and packet.size:
                packet.stream = stream
                rest.mux(packet)
    expected = in_order(cut)
    assert len(expected) > 16
    assert np.array_equal(PyAVReader(str(cut)).read(np.array([0, 3])), expected[[0, 3]])
