"""Stored frames are what decoding gives, and are never taken for another video's or for whole."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from mmaction.datasets.transforms import Resize
from mmaction.registry import DATASETS, TRANSFORMS
from mmcv.transforms import Compose

from mlfo_mm.datasets import DecodeFrames, OpenVideo, frame_cache
from mlfo_mm.datasets.annotation import find_dataset
from mlfo_mm.datasets.check import collect_videos
from mlfo_mm.datasets.frame_cache import VARIABLE, build, entry
from mlfo_mm.datasets.transforms.decode import decode_all
from mlfo_mm.engine.config import load_config
from mlfo_mm.errors import UserError
from mlfo_mm.evaluation import pipelines
from mlfo_mm.evaluation.pipelines import ClipGeometry
from tests.conftest import REPO


@pytest.fixture
def cache(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv(VARIABLE, str(tmp_path / 'frames'))
    return tmp_path / 'frames'


@pytest.fixture
def video(write_video, tmp_path) -> Path:
    return write_video(tmp_path / 'a b.mp4', 40)


def opened(path: str, decoder: str = 'pyav', short_side: int | None = None) -> tuple:
    """A video's reader, and the name of what gives its frames."""
    results = OpenVideo(decoder, short_side=short_side)(dict(filename=path))
    return results['video_reader'], results['decoder']


def test_frames_are_those_of_the_decoder(video, cache):
    before, name = opened(str(video))
    built = build(cache, [video], decode_all, workers=1, progress=False)
    assert (built.new, built.old, built.failed) == (1, 0, {})
    reader, cached = opened(str(video))
    assert isinstance(reader, frame_cache.CachedReader)
    assert cached == f'{name} (cached)'
    assert (reader.num_frames, reader.fps) == (before.num_frames, before.fps)
    inds = np.array([0, 3, 17, 18, 39])
    stored = reader.read(inds)
    assert all(np.array_equal(a, b) for a, b in zip(stored, before.read(inds), strict=True))
    stored[0][:] = 0  # a copy: later transforms write in place
    assert np.array_equal(reader.read(inds)[0], before.read(inds)[0])


def test_samples_do_not_change(digits, cache):
    config = load_config('mlfo/r3d18@smoke').train_dataloader.dataset
    decoded = [DATASETS.build(config)[index] for index in range(3)]
    root = find_dataset('digits_motion')
    build(cache, [root / path for path in collect_videos(root)], decode_all, progress=False)
    data = DATASETS.build(config)
    assert opened(data.get_data_info(0)['filename'])[1].endswith('(cached)')
    for index, sample in enumerate(decoded):
        assert torch.equal(data[index]['inputs'], sample['inputs'])


def test_nothing_is_taken_for_what_it_is_not(video, cache, monkeypatch):
    build(cache, [video], decode_all, workers=1, progress=False)
    assert not isinstance(opened(str(video), 'decord')[0], frame_cache.CachedReader)
    place = entry(cache, video)
    whole = place.with_suffix('.npy').read_bytes()
    place.with_suffix('.npy').write_bytes(whole[:-1])
    assert opened(str(video))[1] == 'pyav'
    assert build(cache, [video], decode_all, workers=1, progress=False).new == 1
    assert place.with_suffix('.npy').read_bytes() == whole
    os.utime(video, ns=(0, 0))  # another file under the same name
    assert opened(str(video))[1] == 'pyav'
    monkeypatch.delenv(VARIABLE)
    os.utime(video, ns=(1, 1))
    assert opened(str(video))[1] == 'pyav'


@pytest.mark.parametrize(
    'wrong', [np.zeros((40, 48, 64, 3), np.int8), np.zeros((40, 48, 192), np.uint8)]
)
def test_an_entry_that_holds_no_frames_is_decoded_anew(video, cache, wrong):
    """Of the size that its facts say, so that nothing but the array itself can tell."""
    before = opened(str(video))[0].read(np.array([7]))[0]
    build(cache, [video], decode_all, workers=1, progress=False)
    place = entry(cache, video)
    np.save(place.with_suffix('.npy'), wrong)
    facts = json.loads(place.with_suffix('.json').read_text())
    facts['bytes'] = place.with_suffix('.npy').stat().st_size
    place.with_suffix('.json').write_text(json.dumps(facts))
    reader, name = opened(str(video))
    assert name == 'pyav' and np.array_equal(reader.read(np.array([7]))[0], before)


def test_frames_that_are_not_there(video, cache):
    build(cache, [video], decode_all, workers=1, progress=False)
    place = entry(cache, video)
    reader = frame_cache.CachedReader(place, dict(fps=8))
    last = reader.num_frames - 1
    assert reader.read(np.array([0, last]))[1].flags.writeable
    with pytest.raises(IndexError, match=f'frame {last + 1} of {last + 1} in '):
        reader.read(np.array([last, last + 1]))
    path = place.with_suffix('.npy')
    os.truncate(path, path.stat().st_size - 1)  # by others, while it is read
    with pytest.raises(OSError, match=f'{path.name}: ends within frame {last}'):
        reader.read(np.array([0, last]))


def test_a_video_exchanged_for_one_of_its_size_and_time(video, cache):
    build(cache, [video], decode_all, workers=1, progress=False)
    times = video.stat().st_atime_ns, video.stat().st_mtime_ns
    other = video.with_name('other')
    other.write_bytes(video.read_bytes())
    os.utime(other, ns=times)
    os.replace(other, video)
    assert opened(str(video))[1] == 'pyav'


def test_a_cache_needs_a_worker(video, cache):
    with pytest.raises(UserError, match='0 workers: at least 1'):
        build(cache, [video], decode_all, workers=0)


def test_frames_of_a_short_side(video, cache):
    whole = decode_all(str(video))[0]
    small = partial(decode_all, short_side=20)
    build(cache, [video], small, workers=1, progress=False, short_side=20)
    assert opened(str(video))[1] == 'pyav'  # whole ones are asked for, and not there
    assert opened(str(video), short_side=21)[1] == 'pyav'
    results = OpenVideo(short_side=20)(dict(filename=str(video)))
    assert results['decoder'] == 'pyav (cached)'
    assert results['video_reader'].read(np.array([3]))[0].shape == (20, 27, 3)
    results['frame_inds'] = np.array([3, 39])
    imgs = DecodeFrames()(results)['imgs']
    expected = Resize((-1, 20))(dict(imgs=list(whole[[3, 39]]), img_shape=(48, 64)))['imgs']
    assert np.array_equal(imgs, expected)
    build(cache, [video], decode_all, workers=1, progress=False)
    assert opened(str(video), short_side=21)[1] == 'pyav (cached)'  # whole, then scaled


def test_evaluation_sees_the_same_from_small_frames(video, cache):
    pipeline = Compose(
        [TRANSFORMS.build(step) for step in pipelines.test_pipeline(ClipGeometry(4, 2, 20, 16), 3)]
    )
    sample = dict(filename=str(video), label=0, start_index=0, modality='RGB')
    before = pipeline(dict(sample))
    small = partial(decode_all, short_side=20)
    build(cache, [video], small, workers=1, progress=False, short_side=20)
    after = pipeline(dict(sample))
    assert after['data_samples'].decoder == 'pyav (cached)'
    assert torch.equal(before['inputs'], after['inputs'])


def test_a_second_build_keeps_what_is_whole(video, cache, tmp_path):
    broken = tmp_path / 'broken.mp4'
    broken.write_bytes(b'no video')
    missing = tmp_path / 'missing.mp4'
    built = build(cache, [video, broken, missing], decode_all, workers=1, progress=False)
    assert built.new == 1 and set(built.failed) == {str(broken), str(missing)}
    assert build(cache, [video], decode_all, workers=1, progress=False).old == 1
    path = entry(cache, video).with_suffix('.npy')
    data = bytearray(path.read_bytes())
    data[-1] ^= 255  # the same size
    path.write_bytes(bytes(data))
    assert build(cache, [video], decode_all, workers=1, progress=False).old == 1
    assert build(cache, [video], decode_all, workers=1, progress=False, verify=True).new == 1
    facts = json.loads(path.with_suffix('.json').read_text())
    assert facts['bytes'] == path.stat().st_size


def test_a_full_disk_is_said_before_it_is_full(video, cache, monkeypatch):
    monkeypatch.setattr(frame_cache, 'SPARE_BYTES', 1 << 60)
    with pytest.raises(UserError, match='would be left on the disk'):
        build(cache, [video], decode_all, workers=1, progress=False)
    assert not list(cache.rglob('*.npy'))


def test_the_tool(digits, cache):
    tool = [sys.executable, str(REPO / 'tools/data/build_frame_cache.py'), 'digits_motion']
    tool += ['--short-side', '40']
    environment = os.environ | {'PYTHONPATH': str(REPO)}
    done = subprocess.run(tool, capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stderr
    assert '24 videos: 24 stored, 0 there before, 0 failed' in done.stdout
    environment.pop(VARIABLE)
    done = subprocess.run(tool, capture_output=True, text=True, env=environment, check=False)
    assert (done.returncode, done.stdout) == (2, '')
    assert done.stderr.strip() == f'error: set {VARIABLE} to a folder with room for the frames'
