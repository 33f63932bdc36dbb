"""The digits set on disk: same bytes from a seed, whole or remade, labels balanced."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import subprocess
import sys
from collections import Counter
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from pathlib import Path

import av
import decord
import numpy as np
import pytest
from scipy import stats

from mlfo_mm.datasets import digits
from mlfo_mm.datasets.digits import make_digits, write_video
from mlfo_mm.datasets.digits_plan import Settings, plan, split_images
from mlfo_mm.datasets.digits_scenes import (
    DIGIT_CLASSES,
    MOTION_CLASSES,
    Look,
    draw_clip,
    handwriting,
)
from mlfo_mm.datasets.leakage import compare_lists
from mlfo_mm.errors import UserError

REPO = Path(__file__).resolve().parents[2]
SMALL = Settings(num_train=6, num_test=3, size=(64, 48), min_frames=8, max_frames=11)


def tree(root: Path) -> dict[str, str]:
    return {
        str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(root.rglob('*'))
        if path.is_file() and path.name != '.digits.lock'
    }


def rows(path: Path) -> list[tuple[str, int]]:
    lines = (line.rsplit(' ', 1) for line in path.read_text().splitlines())
    return [(name, int(label)) for name, label in lines]


@pytest.fixture(scope='module')
def small(tmp_path_factory) -> Path:
    return make_digits(tmp_path_factory.mktemp('set'), SMALL, workers=1, progress=False)


# The files


def test_bytes_do_not_depend_on_run_or_workers(small, tmp_path):
    assert tree(make_digits(tmp_path, SMALL, workers=2, progress=False)) == tree(small)


def test_seed_changes_the_videos(small, tmp_path):
    other = tree(make_digits(tmp_path, replace(SMALL, seed=1), workers=1, progress=False))
    videos = {digest for name, digest in tree(small).items() if name.endswith('.mp4')}
    assert videos.isdisjoint(other.values())


def test_layout_and_meta(small):
    with (small / 'digits_motion' / 'meta.csv').open() as file:
        meta = list(csv.DictReader(file))
    assert len(meta) == 9
    for name, kind, classes in (
        ('digits_motion', 'motion', MOTION_CLASSES),
        ('digits_class', 'digit', DIGIT_CLASSES),
    ):
        folder = small / name
        assert tuple((folder / 'classes.txt').read_text().split()) == classes
        for split in ('train', 'test'):
            want = [
                ((small / 'digits_motion' / row['file']).resolve(), classes.index(row[kind]))
                for row in meta
                if row['split'] == split
            ]
            got = [
                ((folder / path).resolve(), label) for path, label in rows(folder / f'{split}.txt')
            ]
            assert got == want
            assert all(path.is_file() for path, _ in got)


def test_videos_decode_and_are_what_meta_says(small):
    with (small / 'digits_motion' / 'meta.csv').open() as file:
        for row in csv.DictReader(file):
            path = str(small / 'digits_motion' / row['file'])
            image, seed, frames = (int(row[key]) for key in ('image', 'seed', 'frames'))
            assert DIGIT_CLASSES[handwriting()[1][image]] == row['digit']
            drawn = draw_clip(row['motion'], image, seed, frames, SMALL.size)
            with av.open(path) as container:
                assert container.streams.video[0].codec_context.name == 'h264'
                by_av = np.stack([f.to_ndarray(format='rgb24') for f in container.decode(video=0)])
            by_decord = decord.VideoReader(path)
            assert by_av.shape == drawn.shape == (len(by_decord), *by_decord[0].shape)
            assert np.abs(by_av.astype(float) - drawn).mean() < 8


def test_coding_keeps_no_trace_of_other_frames(tmp_path):
    frames = draw_clip('rise', 3, 5, num_frames=8)
    decoded = []
    for name, clip in (('a.mp4', frames), ('b.mp4', frames[::-1])):
        write_video(tmp_path / name, clip)
        with av.open(str(tmp_path / name)) as container:
            decoded.append([f.to_ndarray(format='rgb24') for f in container.decode(video=0)])
    np.testing.assert_array_equal(decoded[0], decoded[1][::-1])


def test_complete_set_is_kept(small, capsys):
    before = {path: path.stat().st_mtime_ns for path in small.rglob('*.mp4')}
    make_digits(small, SMALL)
    assert {path: path.stat().st_mtime_ns for path in small.rglob('*.mp4')} == before
    assert 'nothing to do' in capsys.readouterr().err


@pytest.mark.parametrize('damage', ['missing video', 'short video', 'list', 'marker', 'other set'])
def test_damaged_set_is_remade(small, tmp_path, damage):
    make_digits(tmp_path, SMALL, workers=1, progress=False)
    folder = tmp_path / 'digits_motion'
    video = next(folder.rglob('*.mp4'))
    if damage == 'missing video':
        video.unlink()
    elif damage == 'short video':
        video.write_bytes(video.read_bytes()[:-1])
    elif damage == 'list':
        (folder / 'test.txt').write_text('')
    elif damage == 'marker':
        (folder / 'digits.json').write_text('{')
    else:
        (tmp_path / 'digits_class' / 'digits.json').unlink()
        (tmp_path / 'digits_class' / 'train.txt').unlink()
        with pytest.raises(UserError, match='--overwrite'):
            make_digits(tmp_path, SMALL, workers=1, progress=False)
        make_digits(tmp_path, SMALL, workers=1, progress=False, overwrite=True)
    make_digits(tmp_path, SMALL, workers=1, progress=False)
    assert tree(tmp_path) == tree(small)


def test_failure_keeps_the_old_set(small, tmp_path, monkeypatch):
    make_digits(tmp_path, SMALL, workers=1, progress=False)

    def no_space(path, frames):
        raise OSError(28, 'No space left on device')

    monkeypatch.setattr(digits, 'write_video', no_space)
    with pytest.raises(UserError, match='No space left'):
        make_digits(tmp_path, SMALL, workers=1, progress=False, overwrite=True)
    assert tree(tmp_path) == tree(small)


def test_foreign_folder_is_left_alone(tmp_path):
    mine = tmp_path / 'digits_motion' / 'notes.txt'
    mine.parent.mkdir()
    mine.write_text('mine')
    with pytest.raises(UserError, match='move it away'):
        make_digits(tmp_path, SMALL, workers=1, progress=False)
    assert mine.read_text() == 'mine'


@pytest.mark.parametrize(
    'change', [dict(num_test=0), dict(seed=-1), dict(size=(63, 48)), dict(min_frames=12)]
)
def test_impossible_settings(change):
    with pytest.raises(UserError):
        replace(SMALL, **change)


@pytest.mark.parametrize(
    'change',
    [
        dict(background='sky'),
        dict(noise=-1.0),
        dict(noise=float('inf')),
        dict(shake=-0.5),
        dict(shake=1e300),
        dict(distractors=-1),
        dict(distractors=10**8),
    ],
)
def test_impossible_looks(change):
    (name,) = change
    with pytest.raises(UserError, match=name):
        Look(**change)


def test_no_worker_is_no_setting(tmp_path):
    with pytest.raises(UserError, match='workers is at least 1'):
        make_digits(tmp_path, SMALL, workers=0)
    assert not list(tmp_path.iterdir())


def test_tool(tmp_path):
    command = [
        sys.executable,
        str(REPO / 'tools/data/make_digits.py'),
        '--data-root',
        str(tmp_path),
    ]
    small = '--num-train 2 --num-test 1 --size 64 48 --min-frames 4 --max-frames 4'
    hard = '--colour --background texture --noise 12 --grain 1 --shake 0.7 --distractors 3'
    frames = tmp_path / 'frames'
    env = {**os.environ, 'PYTHONPATH': str(REPO), 'MLFO_FRAME_CACHE': str(frames)}
    done = subprocess.run(
        [*command, *small.split(), *hard.split()], env=env, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert 'drawing clips' not in done.stderr  # bars are for terminals
    assert len(list((tmp_path / 'digits_motion/videos').iterdir())) == 3
    assert [np.load(path).shape for path in frames.rglob('*.npy')] == 3 * [(4, 48, 64, 3)]
    assert json.loads((tmp_path / 'digits_class/digits.json').read_text())['look'] == dict(
        colour=True, background='texture', noise=12.0, grain=1.0, shake=0.7, distractors=3
    )
    bad = subprocess.run([*command, '--num-train', '0'], env=env, capture_output=True, text=True)
    assert bad.returncode == 2
    assert "error: argument --num-train: '0' is no whole number" in bad.stderr


# The labels


def test_labels_balanced_and_independent():
    for seed in (0, 1):
        clips = plan(Settings(seed=seed))
        train = [clip for clip in clips if clip.split == 'train']
        test = [clip for clip in clips if clip.split == 'test']
        assert (len(train), len(test)) == (960, 480)
        assert set(Counter((c.motion, c.digit) for c in train).values()) == {12}
        assert set(Counter((c.motion, c.digit) for c in test).values()) == {6}
        assert len({c.file for c in clips}) == len({c.seed for c in clips}) == len(clips)
        assert {c.frames for c in clips} == set(range(48, 65))
        frames = [[c.frames for c in train if c.motion == name] for name in MOTION_CLASSES]
        assert stats.kruskal(*frames).pvalue > 0.001


def test_a_list_that_ends_early_favours_no_label():
    clips = [c for c in plan(Settings(num_train=100, num_test=1)) if c.split == 'train']
    for kind in ('motion', 'digit'):
        counts = Counter(getattr(c, kind) for c in clips).values()
        assert max(counts) - min(counts) <= 2


def test_handwritten_images_are_of_one_list():
    images, labels = handwriting()
    for seed in (0, 1):
        split = split_images(seed)
        for digit in range(10):
            train, test = split['train'][digit], split['test'][digit]
            assert sorted(train + test) == np.flatnonzero(labels == digit).tolist()
            assert len(train) == pytest.approx(2 * len(test), abs=2)
            shown = {images[number].tobytes() for number in train}
            assert shown.isdisjoint(images[number].tobytes() for number in test)
        clips = plan(Settings(seed=seed))
        for clip in clips:
            digit = DIGIT_CLASSES.index(clip.digit)
            assert clip.image in split[clip.split][digit]
        assert len({clip.image for clip in clips}) == len(clips)  # each image once
    assert split_images(0) != split_images(1)


def test_images_come_again_when_all_were_shown():
    clips = [c for c in plan(Settings(num_train=2480, num_test=1)) if c.split == 'train']
    for digit, images in zip(DIGIT_CLASSES, split_images(0)['train'], strict=True):
        used = Counter(c.image for c in clips if c.digit == digit)
        assert set(used) == set(images) and set(used.values()) <= {2, 3}
    assert len({c.file for c in clips}) == len(clips)


def test_image_is_the_group_in_the_file_name(small):
    clip = plan(SMALL)[0]
    assert f'_g{clip.image:04d}_c01.mp4' in clip.file
    lists = (small / 'digits_motion' / name for name in ('test.txt', 'train.txt'))
    assert compare_lists(next(lists), dict(training=next(lists)))['compared'] == [
        'path',
        'file',
        'group',
        'content',
        'frames',
    ]


# What goes wrong


def test_another_process_made_it_meanwhile(tmp_path, monkeypatch, capsys):
    answers = iter([False, True])  # before the lock, and with it
    monkeypatch.setattr(digits, 'is_complete', lambda *_: next(answers))
    assert make_digits(tmp_path, SMALL) == tmp_path
    assert 'are complete, nothing to do' in capsys.readouterr().err
    assert not (tmp_path / 'digits_motion').exists()


def test_a_drawing_process_that_dies_is_said(tmp_path, monkeypatch):
    def die(*_):
        raise BrokenProcessPool

    monkeypatch.setattr(digits, '_build', die)
    with pytest.raises(UserError, match=r'a drawing process died .*try again with one worker'):
        make_digits(tmp_path, SMALL, progress=False)
