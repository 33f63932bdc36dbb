"""tools/data/prepare_dataset.py and check_videos.py as a user runs them."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

REPO = Path(__file__).resolve().parents[2]


def run(tool: str, *args: str | Path, cwd: Path, **env: str) -> subprocess.CompletedProcess[str]:
    inherited = {k: v for k, v in os.environ.items() if k != 'MLFO_DATA_ROOT'}
    return subprocess.run(
        [sys.executable, REPO / 'tools/data' / f'{tool}.py', *map(str, args)],
        cwd=cwd,
        env=inherited | {'PYTHONPATH': str(REPO)} | env,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def own_videos(tmp_path: Path) -> Path:
    folder = tmp_path / 'disk'
    for name in ('clap', 'wave'):
        (folder / name).mkdir(parents=True)
        for i in range(4):
            with av.open(str(folder / name / f'v_{name}_g{i}_c01.mp4'), 'w') as container:
                stream = container.add_stream('mpeg4', rate=Fraction(25))
                stream.width, stream.height, stream.pix_fmt = 32, 32, 'yuv420p'
                for value in range(34):  # no copy of another: copies stay in one list
                    image = np.full((32, 32, 3), value + 40 * i + 7 * (name == 'clap'), np.uint8)
                    container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format='rgb24')))
                container.mux(stream.encode())
    return folder


def test_own_videos_from_folder_to_report(own_videos: Path, tmp_path: Path):
    done = run(
        'prepare_dataset', 'folder', '--name', 'mine', '--videos', own_videos, '--group-regex',
        r'_g(\d+)_', '--test-fraction', '0.5', cwd=tmp_path,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, '')
    assert 'data/mine/train.txt: 4 videos' in done.stdout
    check, following = done.stdout.splitlines()[-2:]
    assert check.endswith('broken ones: python tools/data/check_videos.py mine')
    assert following == 'next: python tools/train.py mlfo/r3d18@mini --dataset mine'
    assert (tmp_path / 'data/mine/classes.txt').read_text() == 'clap\nwave\n'

    done = run('check_videos', 'mine', '--workers', '2', cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert '8 videos: 8 ok' in done.stdout
    assert done.stderr == ''  # bars are for terminals

    (own_videos / 'wave/v_wave_g1_c01.mp4').write_bytes(b'')
    done = run(
        'check_videos',
        'mine',
        '--workers',
        '1',
        '--min-frames',
        '35',
        '--output',
        'r.csv',
        cwd=tmp_path,
    )
    assert done.returncode == 1
    assert '8 videos: 7 short, 1 empty' in done.stdout
    assert 'v_wave_g1_c01.mp4: 0 frames' in done.stdout
    with (tmp_path / 'r.csv').open(newline='') as file:
        statuses = {row['path']: row['status'] for row in csv.DictReader(file)}
    assert statuses.pop('videos/wave/v_wave_g1_c01.mp4') == 'empty'
    assert set(statuses.values()) == {'short'}
    assert len(statuses) == 7


@pytest.mark.parametrize(
    ('tool', 'args', 'message'),
    [
        ('prepare_dataset', ['ucf101'], 'Download UCF101.rar'),
        ('prepare_dataset', ['hmdb51'], 'Download hmdb51_org.rar'),
        ('prepare_dataset', ['kinetics400'], 'Download the Kinetics-400'),
        ('prepare_dataset', ['folder', '--name', 'mine'], 'Put them in root/mine/videos/<class>/'),
        ('prepare_dataset', ['folder', '--name', '..'], 'not the name of a data set'),
        ('check_videos', ['ucf101'], 'prepare_dataset.py ucf101 --data-root root'),
        ('check_videos', ['mine'], "no data set 'mine' in root"),
        ('check_videos', ['mine', '--decode-timeout', '1e300'], '--decode-timeout=1e+300, must be'),
    ],
)
def test_errors_are_one_line(tool: str, args: list[str], message: str, tmp_path: Path):
    done = run(tool, *args, cwd=tmp_path, MLFO_DATA_ROOT='root')
    assert done.returncode == 2
    assert done.stderr.startswith('error: ')
    assert done.stderr.count('\n') == 1
    assert message in done.stderr
