"""The synthetic set on disk: same bytes from a seed, whole or remade, labels balanced."""

from __future__ import annotations

import csv
import hashlib
import os
import subprocess
import sys
from collections import Counter
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import av
import decord
import numpy as np
import pytest
from scipy import stats

from mlfo_mm.datasets import synthetic
from mlfo_mm.datasets.synthetic import (
    APPEARANCE_CLASSES,
    MOTION_CLASSES,
    Settings,
    draw_clip,
    make_synthetic,
    plan,
    write_video,
)
from mlfo_mm.errors import UserError

REPO = Path(__file__).resolve().parents[2]
SMALL = dict(num_train=6, num_test=3, size=(64, 48), min_frames=8, max_frames=11, progress=False)


def tree(root: Path) -> dict[str, str]:
    return {
        str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(root.rglob('*'))
        if path.is_file() and path.name != '.synthetic.lock'
    }


def rows(path: Path) -> list[tuple[str, int]]:
    lines = (line.rsplit(' ', 1) for line in path.read_text().splitlines())
    return [(name, int(label)) for name, label in lines]


@pytest.fixture(scope='module')
def small(tmp_path_factory) -> Path:
    return make_synthetic(tmp_path_factory.mktemp('set'), workers=1, **SMALL)


# The files


def test_bytes_do_not_depend_on_run_or_workers(small, tmp_path):
    assert tree(make_synthetic(tmp_path, workers=2, **SMALL)) == tree(small)


def test_seed_changes_the_videos(small, tmp_path):
    other = tree(make_synthetic(tmp_path, workers=1, seed=1, **SMALL))
    videos = {digest for name, digest in tree(small).items() if name.endswith('.mp4')}
    assert videos.isdisjoint(other.values())


def test_layout_and_meta(small):
    with (small / 'synthetic_motion' / 'meta.csv').open() as file:
        meta = list(csv.DictReader(file))
    assert len(meta) == 9
    for name, kind, classes in (
        ('synthetic_motion', 'motion', MOTION_CLASSES),
        ('synthetic_appearance', 'appearance', APPEARANCE_CLASSES),
    ):
        folder = small / name
        assert tuple((folder / 'classes.txt').read_text().split()) == classes
        for split in ('train', 'test'):
            want = [
                ((small / 'synthetic_motion' / row['file']).resolve(), classes.index(row[kind]))
                for row in meta
                if row['split'] == split
            ]
            got = [
                ((folder / path).resolve(), label) for path, label in rows(folder / f'{split}.txt')
            ]
            assert got == want
            assert all(path.is_file() for path, _ in got)


def test_videos_decode_and_are_what_meta_says(small):
    with (small / 'synthetic_motion' / 'meta.csv').open() as file:
        for row in csv.DictReader(file):
            path = str(small / 'synthetic_motion' / row['file'])
            drawn = draw_clip(
                row['motion'],
                row['appearance'],
                int(row['group']),
                int(row['seed']),
                int(row['frames']),
                SMALL['size'],
            )
            with av.open(path) as container:
                assert container.streams.video[0].codec_context.name == 'h264'
                by_av = np.stack([f.to_ndarray(format='rgb24') for f in container.decode(video=0)])
            by_decord = decord.VideoReader(path)
            assert by_av.shape == drawn.shape == (len(by_decord), *by_decord[0].shape)
            assert np.abs(by_av.astype(float) - drawn).mean() < 8


def test_coding_keeps_no_trace_of_other_frames(tmp_path):
    frames = draw_clip('rise', 'star', 3, 5, num_frames=8)
    decoded = []
    for name, clip in (('a.mp4', frames), ('b.mp4', frames[::-1])):
        write_video(tmp_path / name, clip)
        with av.open(str(tmp_path / name)) as container:
            decoded.append([f.to_ndarray(format='rgb24') for f in container.decode(video=0)])
    np.testing.assert_array_equal(decoded[0], decoded[1][::-1])


def test_complete_set_is_kept(small, capsys):
    before = {path: path.stat().st_mtime_ns for path in small.rglob('*.mp4')}
    make_synthetic(small, **{**SMALL, 'progress': True})
    assert {path: path.stat().st_mtime_ns for path in small.rglob('*.mp4')} == before
    assert 'nothing to do' in capsys.readouterr().err


@pytest.mark.parametrize('damage', ['missing video', 'short video', 'list', 'marker', 'other set'])
def test_damaged_set_is_remade(small, tmp_path, damage):
    make_synthetic(tmp_path, workers=1, **SMALL)
    folder = tmp_path / 'synthetic_motion'
    video = next(folder.rglob('*.mp4'))
    if damage == 'missing video':
        video.unlink()
    elif damage == 'short video':
        video.write_bytes(video.read_bytes()[:-1])
    elif damage == 'list':
        (folder / 'test.txt').write_text('')
    elif damage == 'marker':
        (folder / 'synthetic.json').write_text('{')
    else:
        (tmp_path / 'synthetic_appearance' / 'synthetic.json').unlink()
        (tmp_path / 'synthetic_appearance' / 'train.txt').unlink()
        with pytest.raises(UserError, match='--force'):
            make_synthetic(tmp_path, workers=1, **SMALL)
        make_synthetic(tmp_path, workers=1, force=True, **SMALL)
    make_synthetic(tmp_path, workers=1, **SMALL)
    assert tree(tmp_path) == tree(small)


def test_failure_keeps_the_old_set(small, tmp_path, monkeypatch):
    make_synthetic(tmp_path, workers=1, **SMALL)

    def no_space(path, frames):
        raise OSError(28, 'No space left on device')

    monkeypatch.setattr(synthetic, 'write_video', no_space)
    with pytest.raises(UserError, match='No space left'):
        make_synthetic(tmp_path, workers=1, force=True, **SMALL)
    assert tree(tmp_path) == tree(small)


def test_foreign_folder_is_left_alone(tmp_path):
    mine = tmp_path / 'synthetic_motion' / 'notes.txt'
    mine.parent.mkdir()
    mine.write_text('mine')
    with pytest.raises(UserError, match='move it away'):
        make_synthetic(tmp_path, workers=1, **SMALL)
    assert mine.read_text() == 'mine'


@pytest.mark.parametrize(
    'change',
    [
        dict(num_test=0),
        dict(seed=-1),
        dict(size=(63, 48)),
        dict(min_frames=12),
        dict(workers=0),
    ],
)
def test_impossible_settings(tmp_path, change):
    with pytest.raises(UserError):
        make_synthetic(tmp_path, **{**SMALL, **change})
    assert not list(tmp_path.iterdir())


def test_tool(tmp_path):
    command = [sys.executable, str(REPO / 'tools/data/make_synthetic.py'), '--out', str(tmp_path)]
    size = [
        '--num-train',
        '2',
        '--num-test',
        '1',
        '--size',
        '64',
        '48',
        '--min-frames',
        '4',
        '--max-frames',
        '4',
    ]
    env = {**os.environ, 'PYTHONPATH': str(REPO)}
    done = subprocess.run([*command, *size], env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert len(list((tmp_path / 'synthetic_motion/videos').iterdir())) == 3
    bad = subprocess.run([*command, '--num-train', '0'], env=env, capture_output=True, text=True)
    assert bad.returncode == 2
    assert bad.stderr.startswith('error: ') and 'Traceback' not in bad.stderr


# The labels


def test_labels_balanced_and_independent():
    for seed in (0, 1):
        clips = plan(Settings(seed=seed))
        train = [clip for clip in clips if clip.split == 'train']
        test = [clip for clip in clips if clip.split == 'test']
        assert (len(train), len(test)) == (480, 160)
        assert set(Counter((c.motion, c.appearance) for c in train).values()) == {10}
        assert set(Counter(c.motion for c in test).values()) == {20}
        assert {26, 27, 28} >= set(Counter(c.appearance for c in test).values())
        assert set(Counter((c.group, c.motion) for c in train).values()) == {3}
        assert len({c.file for c in clips}) == len({c.seed for c in clips}) == len(clips)
        assert {c.frames for c in clips} == set(range(48, 65))
        frames = [[c.frames for c in train if c.motion == name] for name in MOTION_CLASSES]
        assert stats.kruskal(*frames).pvalue > 0.001


def test_groups_disjoint_and_in_the_file_name():
    groups = {
        split: {c.group for c in plan(Settings()) if c.split == split}
        for split in ('train', 'test')
    }
    assert len(groups['train']) == 20 and len(groups['test']) == 10
    assert not groups['train'] & groups['test']
    clip = next(c for c in plan(Settings()) if c.group == 23)
    assert '_g23_c01.mp4' in clip.file


# What goes wrong


def test_another_process_made_it_meanwhile(tmp_path, monkeypatch, capsys):
    answers = iter([False, True])  # before the lock, and with it
    monkeypatch.setattr(synthetic, 'is_complete', lambda *_: next(answers))
    assert make_synthetic(tmp_path, **SMALL | dict(progress=True)) == tmp_path
    assert 'are complete, nothing to do' in capsys.readouterr().err
    assert not (tmp_path / 'synthetic_motion').exists()


def test_a_drawing_process_that_dies_is_said(tmp_path, monkeypatch):
    def die(*_):
        raise BrokenProcessPool

    monkeypatch.setattr(synthetic, '_build', die)
    with pytest.raises(UserError, match=r'a drawing process died .*try again with one worker'):
        make_synthetic(tmp_path, **SMALL)
