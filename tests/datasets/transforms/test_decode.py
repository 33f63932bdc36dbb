"""Opening and decoding, with both decoders, of good videos and of all kinds of bad ones."""

from __future__ import annotations

import os
import pickle
import sys
import wave
from pathlib import Path

import av
import numpy as np
import pytest
from mmaction.datasets.transforms import DecordDecode, Resize

from mlfo_mm.datasets import DecodeFrames, OpenVideo, VideoError, readers
from mlfo_mm.datasets.transforms.decode import open_reader

DECODERS = ['decord', 'pyav']


def run(path: Path, inds, decoder: str = 'decord') -> dict:
    results = OpenVideo(decoder)(dict(filename=str(path)))
    results['frame_inds'] = np.array(inds)
    return DecodeFrames()(results)


@pytest.fixture(scope='module')
def video(write_video, tmp_path_factory) -> Path:
    return write_video(tmp_path_factory.mktemp('videos') / 'a b.mp4', 70)


@pytest.mark.parametrize('decoder', DECODERS)
def test_frames_come_as_asked_for(video, frame_index, decoder):
    inds = [0, 69, 3, 3, 40, 41, 13, 0, 12, 11]
    results = run(video, inds, decoder)
    assert [frame_index(frame) for frame in results['imgs']] == inds
    assert results['decoder'] == decoder
    assert results['total_frames'] == 70 and results['avg_fps'] == 25
    assert results['img_shape'] == results['original_shape'] == (48, 64)
    assert results['imgs'][0].dtype == np.uint8 and results['imgs'][0].shape == (48, 64, 3)
    assert 'video_reader' not in results


def test_equal_frames_are_not_the_same_memory(video):
    imgs = run(video, [5, 5, 6, 5])['imgs']
    imgs[0][:] = 255
    assert imgs[1].max() < 255 and imgs[3].max() < 255


def test_the_reader_of_mmaction2s_inferencer_is_not_asked(video):
    wanted = np.array([3, 1, 3])
    results = OpenVideo(short_side=30).transform(dict(filename=str(video), video_reader=object()))
    assert (
        results['total_frames'] == OpenVideo().transform(dict(filename=str(video)))['total_frames']
    )
    found = DecordDecode().transform(results | dict(frame_inds=wanted))['imgs']
    plain = OpenVideo(short_side=30).transform(dict(filename=str(video)))
    want = DecodeFrames().transform(plain | dict(frame_inds=wanted))['imgs']
    assert np.array_equal(np.stack(found), np.stack(want))
    array = dict(array=np.zeros((4, 8, 8, 3)), total_frames=4)
    assert OpenVideo().transform(dict(array)).keys() == array.keys()


def test_frames_are_resized_as_by_mmaction2(video):
    inds = np.array([5, 5, 6])
    opened = OpenVideo()(dict(filename=str(video), frame_inds=inds))
    results = DecodeFrames(scale=(50, 40))(opened)
    stock = Resize(scale=(50, 40), keep_ratio=False)(run(video, inds, 'pyav'))
    assert results['img_shape'] == stock['img_shape'] == (40, 50)
    assert results['original_shape'] == (48, 64)
    assert all(map(np.array_equal, results['imgs'], stock['imgs']))
    assert not np.shares_memory(*results['imgs'][:2])


@pytest.mark.parametrize('scale', [(50,), (50, 0)])
def test_a_wrong_scale_is_refused(scale):
    with pytest.raises(ValueError, match='scale='):
        DecodeFrames(scale=scale)


def test_each_frame_is_decoded_once_and_in_order(video, monkeypatch):
    asked = []
    read = readers.DecordReader.read

    def spy(self, indices, fit):
        asked.append(indices.tolist())
        return read(self, indices, fit)

    monkeypatch.setattr(readers.DecordReader, 'read', spy)
    run(video, [9, 2, 9, 4])
    assert asked == [[2, 4, 9]]


@pytest.mark.parametrize('decoder', DECODERS)
def test_one_frame_video(write_video, tmp_path, frame_index, decoder):
    results = run(write_video(tmp_path / 'one.mp4', 1), [0, 0], decoder)
    assert results['total_frames'] == 1
    assert [frame_index(frame) for frame in results['imgs']] == [0, 0]


def test_a_still_video_is_no_fault(tmp_path):
    path = tmp_path / 'still.mp4'
    with av.open(str(path), 'w') as container:
        stream = container.add_stream('libx264', rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, 'yuv420p'
        for _ in range(10):
            frame = av.VideoFrame.from_ndarray(np.full((48, 64, 3), 90, np.uint8), format='rgb24')
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    assert len(run(path, [1, 8, 9])['imgs']) == 3


def test_real_divx_avi_is_the_same_through_both_decoders(real_data):
    path = next((real_data / 'format_samples').glob('*.avi'))
    both = [open_reader(str(path), name)[0] for name in DECODERS]
    assert both[0].num_frames == both[1].num_frames == 164
    assert both[0].fps == both[1].fps == 25
    inds = np.array([0, 1, 7, 50, 100, 162, 163])
    first, second = (np.stack(reader.read(inds)).astype(int) for reader in both)
    assert first.shape == (7, 240, 320, 3)
    assert np.array_equal(first, second)
    assert abs(first[0] - first[3]).mean() > 1


def test_pyav_stands_in_where_decord_is_missing(video, monkeypatch, frame_index):
    monkeypatch.setitem(sys.modules, 'decord', None)
    results = run(video, [4, 30])
    assert results['decoder'] == 'pyav'
    assert [frame_index(frame) for frame in results['imgs']] == [4, 30]


def test_pyav_stands_in_where_decord_fails_at_decoding(video, monkeypatch, frame_index):
    def fail(self, indices, fit):
        raise RuntimeError('a fault of decord')

    monkeypatch.setattr(readers.DecordReader, 'read', fail)
    results = run(video, [4, 30])
    assert results['decoder'] == 'pyav'
    assert [frame_index(frame) for frame in results['imgs']] == [4, 30]


def missing(path: Path, good: Path) -> None:
    pass


def empty(path: Path, good: Path) -> None:
    path.touch()


def folder(path: Path, good: Path) -> None:
    path.mkdir()


def text(path: Path, good: Path) -> None:
    path.write_text('not a video')


def sound(path: Path, good: Path) -> None:
    with wave.open(str(path), 'wb') as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(bytes(1600))


def header_only(path: Path, good: Path) -> None:
    """An MP4 of a video track without a frame."""
    with av.open(str(path), 'w', options={'movflags': 'empty_moov'}) as container:
        stream = container.add_stream('libx264', rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, 'yuv420p'
        container.start_encoding()


def half(path: Path, good: Path) -> None:
    path.write_bytes(good.read_bytes()[: good.stat().st_size // 2])


@pytest.mark.parametrize('decoder', DECODERS)
@pytest.mark.parametrize(
    ('make', 'reason'),
    [
        (missing, 'no such file'),
        (empty, '0 frames: 0 bytes'),
        (folder, 'a folder, not a file'),
        (text, 'Invalid data'),
        (sound, 'no video stream'),
        (header_only, '0 frames'),
        (half, 'Invalid data'),
    ],
)
def test_bad_videos_are_named_with_the_reason(tmp_path, video, decoder, make, reason):
    path = tmp_path / 'bad.mp4'
    make(path, video)
    with pytest.raises(VideoError) as caught:
        run(path, range(70), decoder)
    assert caught.value.path == str(path)
    assert reason in caught.value.reason
    message = str(caught.value)
    assert message == f'cannot decode {path} ({caught.value.reason})' and '\n' not in message


NOT_CODED = b'\0\0\1\xb6\0\0\0'  # an MPEG-4 frame that says: nothing here


def overdeclare(good: Path, path: Path, frames: int) -> Path:
    """Copy an AVI; frames from number ``frames`` on hold nothing that can be decoded."""
    with av.open(str(good)) as source, av.open(str(path), 'w') as target:
        stream = target.add_stream_from_template(source.streams.video[0])
        for number, packet in enumerate(source.demux(video=0)):
            if packet.size == 0:
                continue
            spoilt = av.Packet(bytes(packet) if number < frames else NOT_CODED)
            spoilt.stream, spoilt.pts, spoilt.dts = stream, packet.pts, packet.dts
            spoilt.time_base = packet.time_base
            target.mux(spoilt)
    return path


@pytest.mark.parametrize('decoder', DECODERS)
@pytest.mark.parametrize(('frames', 'coded'), [(20, 14), (60, 57)])
def test_pictures_that_are_not_coded_are_no_frames(
    tmp_path, write_video, frame_index, decoder, frames, coded
):
    path = overdeclare(write_video(tmp_path / 'good.avi', frames), tmp_path / 'bad.avi', coded)
    results = run(path, range(coded), decoder)
    with av.open(str(path)) as container:
        assert results['total_frames'] == len(list(container.decode(video=0))) < frames
    assert [frame_index(frame) for frame in results['imgs']] == list(range(coded))


@pytest.mark.skipif(os.geteuid() == 0, reason='root may read every file')
def test_unreadable_file(video, tmp_path):
    path = tmp_path / 'locked.mp4'
    path.write_bytes(video.read_bytes())
    path.chmod(0)
    with pytest.raises(VideoError, match='Permission denied'):
        run(path, [0])


def test_the_error_survives_pickling():
    error = pickle.loads(pickle.dumps(VideoError('x.mp4', '0 frames')))
    assert str(error) == 'cannot decode x.mp4 (0 frames)'


def test_unknown_decoder_is_refused():
    with pytest.raises(ValueError, match="decoder='opencv'"):
        OpenVideo('opencv')


def test_frames_without_a_size_are_refused():
    with pytest.raises(ValueError, match='short_side=0, must be at least 1'):
        OpenVideo(short_side=0)
