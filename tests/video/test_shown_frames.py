"""What a video shows, by every decoder and the check: count, order, orientation, and nothing else."""

from __future__ import annotations

import struct
from pathlib import Path

import av
import numpy as np
import pytest

from mlfo_mm.datasets import readers
from mlfo_mm.datasets.decode_worker import probe
from mlfo_mm.datasets.readers import PyAVReader
from mlfo_mm.datasets.transforms import decode
from mlfo_mm.datasets.transforms.decode import decode_all, open_reader
from mlfo_mm.video import opening, packets
from mlfo_mm.video.opening import VideoError
from tests.corpus import ONE, draw, encode

DECODERS = ['pyav', 'decord']
OPTIONS = {'crf': '4', 'g': '12', 'bf': '3'}


def in_order(path: Path) -> np.ndarray:
    with av.open(str(path), metadata_errors='replace') as container:
        frames = container.decode(container.streams.best('video'))
        return np.stack([frame.to_ndarray(format='rgb24') for frame in frames])


def agree(path: Path, frames: int) -> None:
    """Check, readers and cache have so many frames, those of decoding in order."""
    expected = in_order(path)
    found = probe(str(path))
    assert (found['status'], found['frames'], len(expected)) == ('ok', frames, frames), found
    assert np.array_equal(decode_all(str(path))[0], expected)
    for decoder in DECODERS:
        for wanted in ([frames - 1], [1, frames // 2, frames - 2], list(range(frames))):
            reader = open_reader(str(path), decoder)[0]
            assert reader.num_frames == frames
            assert np.array_equal(reader.read(np.array(wanted)), expected[wanted]), (
                decoder,
                wanted,
            )


def edit(path: Path, length: int, start: int) -> Path:
    """Show ``length`` frames of an MP4 from frame ``start`` on."""
    data = bytearray(path.read_bytes())
    place = data.index(b'elst')
    (begun,) = struct.unpack('>i', data[place + 16 : place + 20])
    ticks = 512  # of a frame: 12800 a second
    data[place + 12 : place + 20] = struct.pack('>Ii', length * 40, begun + start * ticks)
    path.write_bytes(data)
    return path


@pytest.mark.parametrize('suffix', ['.mp4', '.mov'])
@pytest.mark.parametrize(('length', 'start'), [(24, 0), (12, 9), (20, 1), (5, 0), (3, 20)])
def test_frames_that_an_edit_list_leaves_out(tmp_path, length, start, suffix):
    path = encode(tmp_path / f'x{suffix}', frames=24, options=OPTIONS)
    agree(edit(path, length, start), length)


@pytest.mark.parametrize(('codec', 'bf'), [('mpeg4', '0'), ('mpeg4', '2'), ('libx264', '2')])
@pytest.mark.parametrize('dropped', [range(8, 14), range(12, 23)])
def test_dropped_frames_of_an_avi_are_no_lack(tmp_path, codec, bf, dropped):
    times = [t for t in range(24) if t not in dropped]
    options = {'g': '8', 'bf': bf}
    path = encode(tmp_path / 'x.avi', codec, len(times), times=times, options=options)
    agree(path, len(times))


@pytest.mark.parametrize('decoder', DECODERS)
@pytest.mark.parametrize('across', [False, True])
@pytest.mark.parametrize('signs', [(1, 1), (1, -1), (-1, 1), (-1, -1)])
def test_all_eight_orientations(tmp_path, across, signs, decoder):
    """What is stored at (x, y) is shown at (a x + c y, b x + d y)."""
    path = encode(tmp_path / 'x.mp4', frames=3, options=OPTIONS)
    a, b, c, d = (0, signs[1], signs[0], 0) if across else (signs[0], 0, 0, signs[1])
    data = bytearray(path.read_bytes())
    place = data.index(b'tkhd') + 44
    rows = (a * ONE, b * ONE, 0, c * ONE, d * ONE, 0, 0, 0, 0x40000000)
    data[place : place + 36] = struct.pack('>9i', *rows)
    path.write_bytes(data)
    image = draw(1, (64, 48)).astype(int)
    image = image.swapaxes(0, 1) if across else image
    image = image[:: signs[1], :: signs[0]]
    shown = open_reader(str(path), decoder)[0].read(np.array([1]))[0]
    assert shown.shape == image.shape
    assert abs(shown - image).mean() < 6
    found = probe(str(path))
    assert (found['height'], found['width']) == image.shape[:2]


def test_an_orientation_that_a_muxer_stores(tmp_path):
    path = tmp_path / 'x.mp4'
    with av.open(str(path), 'w') as container:
        stream = container.add_stream('libx264', rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, 'yuv420p'
        stream.set_display_rotation(90)
        frame = av.VideoFrame.from_ndarray(draw(1, (64, 48)), format='rgb24')
        container.mux(stream.encode(frame))
        container.mux(stream.encode())
    shown = open_reader(str(path))[0].read(np.array([0]))[0]
    assert shown.shape == (64, 48, 3)
    assert abs(shown.astype(int) - np.rot90(draw(1, (64, 48)), 1)).mean() < 8


def test_interlaced_frames_are_the_same_by_every_decoder(tmp_path):
    agree(encode(tmp_path / 'x.mp4', options=OPTIONS | {'x264-params': 'tff=1'}), 24)


def flag_all(source: Path, target: Path) -> Path:
    """The same packets, all of them called key frames."""
    with av.open(str(source)) as whole, av.open(str(target), 'w') as same:
        stream = same.add_stream_from_template(whole.streams.video[0])
        for packet in whole.demux(video=0):
            if packet.size:
                packet.stream, packet.is_keyframe = stream, True
                same.mux(packet)
    return target


def encode_or_skip(path: Path, codec: str, **given) -> Path:
    """Encode, where this build of the codecs can."""
    try:
        return encode(path, codec, **given)
    except (av.FFmpegError, ValueError) as error:
        pytest.skip(f'{codec} cannot be encoded here: {error}')


@pytest.mark.parametrize(
    ('name', 'codec', 'options'),
    [
        ('x.mp4', 'libx264', OPTIONS),
        ('x.mkv', 'libx264', OPTIONS | {'bf': '0'}),
        ('x.mkv', 'libx265', {'x265-params': 'keyint=12:log-level=none'}),
        ('x.mp4', 'mpeg4', {'g': '12', 'q': '1'}),
        ('x.avi', 'mpeg4', {'g': '12', 'q': '1'}),
        ('x.webm', 'libvpx', {'g': '12', 'deadline': 'realtime'}),
        ('x.webm', 'libvpx-vp9', {'g': '12', 'deadline': 'realtime'}),
        ('x.mov', 'qtrle', {'g': '12'}),
        ('x.mov', 'rpza', {}),
        ('x.mkv', 'ffv1', {'g': '12'}),
        ('x.avi', 'cinepak', {'g': '12'}),
        ('x.avi', 'mjpeg', {}),
    ],
)
def test_flags_are_not_believed(tmp_path, name, codec, options):
    pixels = {'qtrle': 'rgb24', 'rpza': 'rgb555le', 'cinepak': 'rgb24', 'mjpeg': 'yuvj420p'}
    how = dict(pixels=pixels.get(codec, 'yuv420p'), options=options)
    path = encode_or_skip(tmp_path / name, codec, **how)
    agree(flag_all(path, tmp_path / f'lies{path.suffix}'), 24)


def test_an_mp4_without_its_table_of_key_frames(tmp_path):
    """Every frame is a key frame then, says the format."""
    path = encode(tmp_path / 'x.mp4', options=OPTIONS)
    path.write_bytes(path.read_bytes().replace(b'stss', b'free'))
    agree(path, 24)


def test_only_the_groups_with_wanted_frames_are_decoded(tmp_path, monkeypatch):
    path = encode(tmp_path / 'x.avi', 'mjpeg', 24, pixels='yuvj420p')
    expected, asked = in_order(path), []
    reader = PyAVReader(str(path))
    start = reader._groups
    monkeypatch.setattr(reader, '_groups', lambda *a: asked.extend(start(*a)) or iter(asked))
    assert np.array_equal(reader.read(np.array([3, 20])), expected[[3, 20]])
    assert asked == [(3, {3}), (20, {20})]


@pytest.mark.parametrize('decoder', DECODERS)
def test_titles_need_not_be_utf8(tmp_path, decoder):
    path = tmp_path / 'x.avi'
    with av.open(str(path), 'w') as container:
        container.metadata['title'] = 'Cafe!'
        stream = container.add_stream('mpeg4', rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, 'yuv420p'
        for index in range(4):
            frame = av.VideoFrame.from_ndarray(draw(index, (64, 48)), format='rgb24')
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    path.write_bytes(path.read_bytes().replace(b'Cafe!', b'Caf\xe9!'))
    assert open_reader(str(path), decoder)[0].num_frames == probe(str(path))['frames'] == 4


PLAYLISTS = {
    'ffconcat': 'ffconcat version 1.0\nfile other.mp4\n',
    'hls': '#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nother.mp4\n#EXT-X-ENDLIST\n',
    'sdp': 'v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nm=video 9 RTP/AVP 96\n'
    'a=rtpmap:96 H264/90000\n',
    'dash': '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" '
    'mediaPresentationDuration="PT1S"><Period><AdaptationSet><Representation id="1" '
    'mimeType="video/mp4"><BaseURL>other.mp4</BaseURL></Representation></AdaptationSet></Period></MPD>',
}


@pytest.mark.parametrize('decoder', DECODERS)
@pytest.mark.parametrize('kind', PLAYLISTS)
def test_no_other_file_is_opened(tmp_path, kind, decoder):
    encode(tmp_path / 'other.mp4', frames=4)
    path = tmp_path / 'x.mp4'
    path.write_text(PLAYLISTS[kind])
    with pytest.raises(VideoError):
        open_reader(str(path), decoder)
    assert probe(str(path))['status'] == 'broken'


def test_a_picture_is_no_video(tmp_path):
    frame = av.VideoFrame.from_ndarray(draw(1, (64, 48)), format='rgb24')
    frame.save(str(tmp_path / 'x.png'))
    (tmp_path / 'x.png').rename(tmp_path / 'x.mp4')
    with pytest.raises(VideoError, match='no video stream: not what a video file holds'):
        open_reader(str(tmp_path / 'x.mp4'))


def test_a_name_like_an_address(tmp_path, monkeypatch):
    encode(tmp_path / 'x.mp4', frames=4).rename(tmp_path / 'concat:a|b.mp4')
    monkeypatch.chdir(tmp_path)
    assert open_reader('concat:a|b.mp4')[0].num_frames == 4


def test_frames_that_are_too_large_are_refused_by_all(tmp_path, monkeypatch):
    path = encode(tmp_path / 'x.mp4', frames=4)
    monkeypatch.setattr(opening, 'MAX_PIXELS', 64 * 48 - 1)
    for decoder in DECODERS:
        with pytest.raises(VideoError, match=r'frames of 64 x 48: more than .* scale it down'):
            open_reader(str(path), decoder)
    assert probe(str(path))['status'] == 'broken'


def test_too_many_packets_are_refused(tmp_path, monkeypatch):
    path = encode(tmp_path / 'x.mp4', frames=8)
    monkeypatch.setattr(packets, 'MAX_PACKETS', 6)
    with pytest.raises(VideoError, match='more than 6 packets'):
        open_reader(str(path))


def test_large_frames_are_made_smaller_as_they_are_decoded(tmp_path, monkeypatch):
    path = encode(tmp_path / 'x.mp4', frames=4, options=OPTIONS)
    monkeypatch.setattr(readers, 'MAX_FRAME', 3 * 64 * 48 // 4)
    (shown,) = PyAVReader(str(path)).read(np.array([2]))
    assert shown.shape == (24, 32, 3)
    assert abs(shown.astype(int) - draw(2, (32, 24))).mean() < 8


def test_frames_are_held_within_a_bound(tmp_path, monkeypatch):
    path = encode(tmp_path / 'x.mp4', frames=8)
    monkeypatch.setattr(decode, 'MAX_BYTES', 9 * 3 * 64 * 48)
    with pytest.raises(VideoError, match=r'frames of 64 x 48 would take .* ask for a short side'):
        decode_all(str(path))
    assert decode_all(str(path), short_side=24)[0].shape == (8, 24, 32, 3)


GROUPS = 'keyint=12:min-keyint=12:scenecut=0:open-gop=1:bframes=3:b-adapt=0'
OPEN = {
    'libx264': {'x264-params': GROUPS},
    'libx265': {'x265-params': f'{GROUPS}:log-level=none'},
}


def copy(
    source: Path, target: Path, start: int = 0, messages: dict[int, bytes] | None = None
) -> Path:
    """``ffmpeg -c copy`` from packet ``start`` on; ``messages`` come before what some packets hold."""
    with av.open(str(source)) as old, av.open(str(target), 'w') as new:
        stream = new.add_stream_from_template(old.streams.video[0])
        for number, packet in enumerate(old.demux(video=0)):
            if number < start or packet.dts is None:
                continue
            unit = (messages or {}).get(number, b'')
            head = len(unit).to_bytes(4, 'big') + unit if unit else b''
            changed = av.Packet(head + bytes(packet))
            changed.pts, changed.dts, changed.time_base = packet.pts, packet.dts, packet.time_base
            changed.is_keyframe, changed.stream = packet.is_keyframe, stream
            new.mux(changed)
    return target


@pytest.mark.parametrize('suffix', ['.mkv', '.mp4'])
@pytest.mark.parametrize('codec', OPEN)
def test_pictures_that_refer_to_what_a_cut_left_out(tmp_path, codec, suffix):
    """A cut at a key frame of an open group: some pictures are stored after it, and shown before it."""
    path = encode_or_skip(tmp_path / 'x.mp4', codec, frames=30, options=OPEN[codec])
    with av.open(str(path)) as whole:
        packets = [packet for packet in whole.demux(video=0) if packet.size]
    start = next(n for n, packet in enumerate(packets) if n and packet.is_keyframe)
    stored = len(packets) - start
    leading = sum(packet.pts < packets[start].pts for packet in packets[start:])
    assert leading > 0
    cut = copy(path, tmp_path / f'cut{suffix}', start)
    agree(cut, len(in_order(cut)))
    assert stored - leading <= len(in_order(cut)) < stored


def turned(degrees: int, mirrored: bool = False) -> bytes:
    """A unit of H.264 that says how the pictures from it on are shown, behind another message."""
    bits = f'0{mirrored:b}0{degrees * 65536 // 360:016b}' + '010' + '0' + '1'
    return b'\x06\x05\x14' + b'a' * 20 + b'\x2f\x03' + int(bits, 2).to_bytes(3, 'big') + b'\x80'


@pytest.mark.parametrize('suffix', ['.mp4', '.mkv'])
def test_an_orientation_that_a_picture_says_holds_for_those_after_it(tmp_path, suffix):
    source = encode(tmp_path / 'x.mp4', frames=24, options=OPTIONS | {'bf': '0'})
    for how, shape in ((turned(90), (64, 48, 3)), (turned(0, True), (48, 64, 3))):
        path = copy(source, tmp_path / f'turned{suffix}', messages={0: how})
        shown = decode_all(str(path))[0]
        assert shown.shape == (24, *shape)
        found = probe(str(path))
        assert (found['status'], found['height'], found['width']) == ('ok', *shape[:2])
        for decoder in DECODERS:
            for wanted in ([20], [0, 13], [23]):  # from the second key frame on too
                frames = open_reader(str(path), decoder)[0].read(np.array(wanted))
                assert np.array_equal(frames, shown[wanted]), (decoder, wanted)
        stored = in_order(source)[20]
        expected = np.rot90(stored) if shape[0] == 64 else stored[:, ::-1]
        assert abs(shown[20].astype(int) - expected).mean() < 6
