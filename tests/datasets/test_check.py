"""Decoding every video of a data set."""

from __future__ import annotations

import csv
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from mlfo_mm.datasets import check
from mlfo_mm.datasets.check import (
    Checked,
    Decoder,
    check_videos,
    collect_videos,
    make_room,
    summarise,
    write_report,
)
from mlfo_mm.datasets.decode_worker import probe
from mlfo_mm.errors import UserError
from tests.corpus import write_sound


def write_video(path: Path, frames: int = 40, faststart: bool = False) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(0)
    options = {'movflags': 'faststart'} if faststart else {}
    with av.open(str(path), 'w', options=options) as container:
        stream = container.add_stream('mpeg4', rate=Fraction(25))
        stream.width, stream.height, stream.pix_fmt = 64, 48, 'yuv420p'
        for _ in range(frames):
            image = rng.integers(0, 255, (48, 64, 3), dtype=np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format='rgb24')))
        container.mux(stream.encode())
    return path


@pytest.fixture(scope='module')
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One video of each kind."""
    folder = tmp_path_factory.mktemp('data') / 'mine'
    write_video(folder / 'a/good one.mp4')
    write_video(folder / 'a/short.avi', frames=20)
    whole = write_video(folder / 'a/whole.mp4', faststart=True)
    data = whole.read_bytes()
    (folder / 'b').mkdir()
    (folder / 'b/cut.mp4').write_bytes(data[: len(data) * 6 // 10])
    (folder / 'b/empty.mp4').touch()
    (folder / 'b/text.mp4').write_text('no video at all')
    write_sound(folder / 'b/sound.mp4')
    (folder / 'classes.txt').write_text('a\nb\n')
    (folder / 'train.txt').write_text(
        'a/good one.mp4 0\na/short.avi 0\nb/cut.mp4 1\nb/empty.mp4 1\nb/text.mp4 1\n'
    )
    (folder / 'train1.txt').write_text((folder / 'train.txt').read_text())
    (folder / 'test.txt').write_text('a/whole.mp4 0\nb/sound.mp4 1\nb/gone.mp4 1\n')
    return folder


def test_collect_videos_each_once_with_its_lines(dataset: Path):
    videos = collect_videos(dataset)
    assert len(videos) == 8
    assert videos['b/cut.mp4'] == 'train.txt:3; train1.txt:3'
    assert videos['b/gone.mp4'] == 'test.txt:3'
    assert list(collect_videos(dataset, ['test.txt'])) == [
        'a/whole.mp4',
        'b/sound.mp4',
        'b/gone.mp4',
    ]


@pytest.mark.parametrize(
    ('lists', 'message'),
    [
        ({'train': 'x 0\n', 'test': 'y 1\nx 0\n'}, 'test video x .line 2. is in the training list'),
        (
            {'train': 'x 0\n', 'train2': 'x 1\n'},
            r'x has label 0 at train\.txt:1 and 1 at train2\.txt:1',
        ),
        ({'train': 'x 2\n'}, r'label 2 at .*train\.txt:1, allowed 0\.\.1'),
    ],
)
def test_collect_videos_checks_the_lists(lists: dict, message: str, tmp_path: Path):
    (tmp_path / 'classes.txt').write_text('a\nb\n')
    for name, text in lists.items():
        (tmp_path / f'{name}.txt').write_text(text)
    with pytest.raises(UserError, match=message):
        collect_videos(tmp_path)


def test_check_videos_tells_each_fault(dataset: Path):
    results = check_videos(dataset, collect_videos(dataset), workers=2, progress=False)
    found = {r.path: r for r in results}
    assert list(found) == list(collect_videos(dataset))
    assert {p: r.status for p, r in found.items()} == {
        'a/good one.mp4': 'ok',
        'a/whole.mp4': 'ok',
        'a/short.avi': 'short',
        'b/cut.mp4': 'broken',
        'b/empty.mp4': 'empty',
        'b/text.mp4': 'broken',
        'b/sound.mp4': 'broken',
        'b/gone.mp4': 'missing',
    }
    assert found['a/good one.mp4'][3:7] == (40, 64, 48, 25.0)
    assert (found['a/short.avi'].frames, found['a/short.avi'].message) == (
        20,
        'shorter than 32 frames',
    )
    assert found['b/empty.mp4'].message == '0 frames (0 bytes)'
    assert found['b/sound.mp4'].message == 'no video stream'
    assert 0 < found['b/cut.mp4'].frames < 40
    assert found['b/cut.mp4'].message
    lines = summarise(results, dataset)
    assert lines[-1] == '8 videos: 2 ok, 1 short, 1 missing, 1 empty, 3 broken'
    assert any(f'{dataset}/b/empty.mp4' in x and 'train.txt:4; train1.txt:4' in x for x in lines)


def test_min_frames_is_the_limit(dataset: Path):
    for limit, status in ((20, 'ok'), (21, 'short')):
        videos = {'a/short.avi': 'train.txt:2'}
        (result,) = check_videos(dataset, videos, 1, min_frames=limit, progress=False)
        assert result.status == status


WORKER = """
import json, os, sys, time
print('ready', flush=True)
for line in sys.stdin:
    name = os.path.basename(json.loads(line))
    if name == 'hang':
        time.sleep(600)
    if name == 'crash':
        os.abort()
    good = {'status': 'ok', 'frames': os.getpid(), 'width': 1, 'height': 1, 'fps': 1, 'message': ''}
    print(json.dumps(good), flush=True)
"""


def test_a_decoder_that_hangs_or_crashes_is_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    worker = tmp_path / 'worker.py'
    worker.write_text(WORKER)
    monkeypatch.setattr(check, 'WORKER', worker)
    videos = dict.fromkeys(['1', '2', 'hang', '3', 'crash', '4'], 'train.txt:1')
    results = check_videos(tmp_path, videos, workers=1, timeout=3.0, min_frames=0, progress=False)
    assert [r.status for r in results] == ['ok', 'ok', 'timeout', 'ok', 'broken', 'ok']
    assert results[2].message == 'not decoded within 3 s'
    assert results[4].message.startswith('the decoder crashed')
    first, second, third = (results[i].frames for i in (0, 3, 5))
    assert results[1].frames == first
    assert len({first, second, third}) == 3


def test_a_decoder_that_died_between_videos_is_started_again(dataset: Path):
    decoder = Decoder()
    try:
        for _ in range(2):
            assert decoder.probe(dataset / 'a/short.avi', 60)['frames'] == 20
            assert decoder._process is not None
            decoder._process.kill()
            decoder._process.wait()
    finally:
        decoder.close()


def test_a_decoder_that_dies_as_it_is_asked(dataset: Path, monkeypatch: pytest.MonkeyPatch):
    decoder = Decoder()
    process = decoder._running()
    process.kill()
    process.wait()
    monkeypatch.setattr(decoder, '_running', lambda: process)  # it was alive when looked at
    result = decoder.probe(dataset / 'a/short.avi', 60)
    assert result['status'] == 'broken' and 'the decoder crashed' in result['message']
    assert decoder._process is None


def test_without_pyav_the_command_that_installs_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(check.importlib.util, 'find_spec', lambda _: None)
    with pytest.raises(UserError, match='PyAV is not installed: pip install av'):
        check_videos(tmp_path, {}, 1)


def test_a_decoder_that_does_not_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(check, 'WORKER', tmp_path / 'none.py')
    with pytest.raises(UserError, match=r'the decoder does not start; try: .*none\.py'):
        check_videos(tmp_path, {'x': 'train.txt:1'}, 1, progress=False)


@pytest.mark.parametrize(('workers', 'timeout'), [(0, 1.0), (1, 0.0)])
def test_check_videos_refuses_nonsense(workers: int, timeout: float, tmp_path: Path):
    with pytest.raises(UserError, match='must be above 0'):
        check_videos(tmp_path, {}, workers, timeout)


def test_probe_notices_frames_that_lack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A container that declares more frames than it yields is cut short."""
    path = write_video(tmp_path / 'x.avi', frames=30)
    data = bytearray(path.read_bytes())
    place = data.index(b'strh') + 8 + 32  # dwLength of the stream's header
    assert int.from_bytes(data[place : place + 4], 'little') == 30
    data[place : place + 4] = (300).to_bytes(4, 'little')
    path.write_bytes(data)
    result = probe(str(path))
    assert (result['status'], result['message']) == ('broken', 'truncated: 30 of 300 frames')


def test_write_report(tmp_path: Path):
    rows = [Checked('a, b.mp4', 'train.txt:1; test.txt:2', 'ok', 3, 4, 5, 25.0, '')]
    write_report(rows, tmp_path / 'new/report.csv')
    with (tmp_path / 'new/report.csv').open(newline='') as file:
        (row,) = csv.DictReader(file)
    assert row == dict(zip(Checked._fields, map(str, rows[0]), strict=True))


def test_make_room(tmp_path: Path):
    make_room(tmp_path / 'a/b/report.csv')
    assert not list((tmp_path / 'a/b').iterdir())
    (tmp_path / 'file').touch()
    with pytest.raises(UserError, match='cannot write'):
        make_room(tmp_path / 'file/report.csv')


def test_summarise_is_short():
    results = [Checked(f'{i}', f'train.txt:{i}', 'empty', 0, 0, 0, 0.0, 'x') for i in range(50)]
    lines = summarise(results, Path('d'), most=3)
    assert lines[3:] == ['empty: and 47 more, see the report', '50 videos: 50 empty']


def test_the_worker_imports_neither_torch_nor_mmaction():
    code = (
        'import sys, runpy; sys.stdin = open("/dev/null");'
        f'runpy.run_path({str(check.WORKER)!r}, run_name="__main__");'
        'print(sorted({m.split(".")[0] for m in sys.modules} & {"torch", "mmcv", "mmaction"}))'
    )
    done = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ['ready', '[]']


def test_a_genuine_ucf101_clip_is_sound(real_data: Path):
    path = real_data / 'format_samples/v_ApplyEyeMakeup_g01_c01.avi'
    if not path.is_file():
        pytest.skip('no format_samples')
    result = probe(str(path))
    assert (result['status'], result['width'], result['height']) == ('ok', 320, 240)
    assert result['frames'] > 100


def test_real_videos_are_sound(real_data: Path):
    if not (real_data / 'tennis7').is_dir():
        pytest.skip('no tennis7')
    videos = collect_videos(real_data / 'tennis7')
    assert len(videos) == 371
    some = dict(list(videos.items())[::10])
    results = check_videos(real_data / 'tennis7', some, workers=2, progress=False)
    assert {r.status for r in results} <= {'ok', 'short'}
