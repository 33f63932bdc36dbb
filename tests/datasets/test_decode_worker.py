"""What the decoder says of each kind of file, asked in this process; the rest is in test_check."""

from __future__ import annotations

import io
import json
import runpy
from pathlib import Path

import av
import pytest

from mlfo_mm.datasets import decode_worker
from mlfo_mm.datasets.decode_worker import probe
from tests.corpus import encode, write_sound


def sizes(path: Path) -> None:
    """An H.264 stream whose second half is larger."""
    halves = [encode(path.with_name(f'{side}.h264'), size=(side, 48)) for side in (64, 80)]
    path.write_bytes(b''.join(half.read_bytes() for half in halves))


def empty(path: Path) -> None:
    """A header and no frames."""
    with av.open(str(path), 'w') as container:
        stream = container.add_stream('mpeg4', rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, 'yuv420p'
        container.start_encoding()


def cut(path: Path) -> None:
    """Half of a WebM, which says how long it is and not how many frames."""
    data = encode(path, 'libvpx-vp9', 30, options={'g': '5'}).read_bytes()
    path.write_bytes(data[: len(data) // 2])


@pytest.mark.parametrize(
    ('name', 'write', 'status', 'message'),
    [
        ('none.mp4', None, 'missing', 'no such file'),
        ('folder.mp4', Path.mkdir, 'missing', 'no such file'),
        ('zero.mp4', Path.touch, 'empty', '0 frames (0 bytes)'),
        ('empty.avi', empty, 'empty', '0 frames ('),
        ('text.mp4', lambda path: path.write_text('no video' * 99), 'broken', 'Invalid data'),
        ('sound.mp4', write_sound, 'broken', 'no video stream'),
        ('cut.webm', cut, 'broken', 'truncated: '),
        ('sizes.h264', sizes, 'broken', 'frames of several sizes: [(48, 64), (48, 80)]'),
        ('sound.avi', lambda path: encode(path, 'mpeg4', 6), 'ok', ''),
    ],
)
def test_each_kind_of_file(name, write, status, message, tmp_path):
    path = tmp_path / name
    if write:
        write(path)
    result = probe(str(path))
    assert (result['status'], message in result['message']) == (status, True), result
    assert bool(result['message']) == (status != 'ok')


def test_as_a_script_it_answers_line_by_line(tmp_path, monkeypatch, capsys):
    video = str(encode(tmp_path / 'a video.avi', 'mpeg4', 6))
    asked = [video, f'{tmp_path}/none', video]
    monkeypatch.setattr('sys.stdin', io.StringIO(''.join(json.dumps(p) + '\n' for p in asked)))
    runpy.run_path(decode_worker.__file__, run_name='__main__')
    ready, *answers = capsys.readouterr().out.splitlines()
    found = [json.loads(line) for line in answers]
    assert ready == 'ready' and [each['status'] for each in found] == ['ok', 'missing', 'ok']
    sizes = [found[0][key] for key in ('frames', 'width', 'height', 'fps')]
    assert sizes == [6, 64, 48, 25.0]
