"""MMAction2's own tools and functions on a finetuned model, run as they are."""

from __future__ import annotations

import json
import os
import re
import runpy
import subprocess
import sys
from pathlib import Path

import av
import mmaction
import numpy as np
import pytest
import torch
from mmaction.apis import MMAction2Inferencer, inference_recognizer, init_recognizer
from mmengine.config import Config

from mlfo_mm.evaluation.recognizer import DownstreamRecognizer
from tests.conftest import REPO, Finetuned

TOOLS = Path(mmaction.__file__).parent / '.mim/tools'
needs_tools = pytest.mark.skipif(not TOOLS.is_dir(), reason='mmaction2 came without its tools')


@pytest.fixture
def model(finetuned: Finetuned) -> DownstreamRecognizer:
    return init_recognizer(finetuned.config, str(finetuned.checkpoint), device='cpu')


@pytest.fixture
def tool(monkeypatch):
    """``tool(name, *arguments)`` runs one of MMAction2's in this process."""

    def run(name: str, *arguments: object) -> None:
        monkeypatch.setattr(sys, 'argv', [name, *map(str, arguments)])
        runpy.run_path(str(TOOLS / name), run_name='__main__')

    return run


def short_names(text: str) -> str:
    """A config with components by the names under which they are registered."""
    return re.sub(r"type=\s*'[\w.]+\.(\w+)'", r"type='\1'", text)


@needs_tools
@pytest.mark.slow
def test_tests_in_a_process_of_its_own(finetuned, tmp_path):
    config = tmp_path / 'mine.py'
    config.write_text(short_names(finetuned.config.read_text()))
    command = [TOOLS / 'test.py', config, finetuned.checkpoint, '--work-dir', tmp_path / 'work']
    command += ['--show-dir', tmp_path / 'shown', '--interval', '4']
    done = subprocess.run(
        [sys.executable, *map(str, command)],
        cwd=tmp_path,
        env=os.environ | dict(PYTHONPATH=str(REPO), MLFO_DATA_ROOT=str(finetuned.data)),
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    found = json.loads(next((tmp_path / 'work').glob('2*/*.json')).read_text())
    assert abs(100 * found['acc/top1'] - finetuned.record.metrics['top1']) < 1e-6
    videos = (finetuned.folder / 'test.txt').read_text().split()[::2][::4]
    shown = {path.name: len(list(path.rglob('*.png'))) for path in (tmp_path / 'shown').iterdir()}
    # two clips of eight frames
    assert shown == {f'{Path(video).name}_0': 16 for video in videos}


@needs_tools
def test_trains_and_draws(finetuned, tool, tmp_path):
    options = ('--cfg-options', 'train_cfg.max_epochs=1')
    tool('train.py', finetuned.config, '--work-dir', tmp_path / 'train', *options)
    state = torch.load(tmp_path / 'train/epoch_1.pth', weights_only=True)['state_dict']
    assert state.keys() == torch.load(finetuned.checkpoint, weights_only=True)['state_dict'].keys()
    options = ('enable=True', 'interval=8', 'out_type=gif')
    options = [f'default_hooks.visualization.{option}' for option in options]
    where = ('--work-dir', tmp_path / 'test', '--cfg-options', *options)
    tool('test.py', finetuned.config, finetuned.checkpoint, *where)
    (gif,) = (tmp_path / 'test').rglob('*.gif')
    assert gif.stem == Path((finetuned.folder / 'test.txt').read_text().split()[0]).stem


def test_predicts_as_it_was_tested(finetuned, model):
    data = Config.fromfile(finetuned.config).test_dataloader.dataset
    name = (finetuned.folder / 'test.txt').read_text().split()[0]
    video = str(finetuned.folder / name)
    assert [step['type'] for step in model.cfg.test_pipeline] == [
        step['type'] for step in data.pipeline
    ]
    given = dict(start_index=0, modality='RGB', label=-1)
    want = inference_recognizer(model, video).pred_score
    assert inference_recognizer(model, dict(filename=video, **given)).pred_score.equal(want)
    with av.open(video) as container:
        frames = [frame.to_ndarray(format='rgb24') for frame in container.decode(video=0)]
    for kind, shown in (('video', video), ('array', np.stack(frames))):
        infer = MMAction2Inferencer(
            str(finetuned.config), str(finetuned.checkpoint), 'cpu', input_format=kind
        )
        (found,) = infer(shown)['predictions']
        assert found['rec_scores'][0] == want.tolist(), kind


@pytest.mark.slow
def test_shows_its_prediction_on_the_video(finetuned, tmp_path):
    name = (finetuned.folder / 'test.txt').read_text().split()[0]
    classes = str(finetuned.folder / 'classes.txt')
    infer = MMAction2Inferencer(str(finetuned.config), str(finetuned.checkpoint), 'cpu', classes)
    infer(str(finetuned.folder / name), vid_out_dir=str(tmp_path))
    (written,) = tmp_path.iterdir()
    assert written.name == Path(name).name
    counts = []
    for path in (written, finetuned.folder / name):
        with av.open(str(path)) as container:
            counts.append(sum(1 for _ in container.decode(video=0)))
    assert counts[0] == counts[1]


@needs_tools
def test_counts_and_browses(finetuned, model, tool, tmp_path, capsys):
    tool('analysis_tools/get_flops.py', finetuned.config, '--shape', 1, 3, 8, 32, 32)
    count = sum(parameter.numel() for parameter in model.parameters())
    assert f'Params: {count / 1e6:.3f}M' in capsys.readouterr().out
    for phase, frames in (('train', 8), ('test', 16)):
        folder = tmp_path / phase
        tool('visualizations/browse_dataset.py', finetuned.config, folder, '-n', 2, '-p', phase)
        assert {path.name for path in folder.iterdir()} == {'video_0.mp4', 'video_1.mp4'}
        with av.open(str(folder / 'video_0.mp4')) as container:
            shown = [frame.to_ndarray(format='rgb24') for frame in container.decode(video=0)]
        assert len(shown) == frames and shown[0].shape == (32, 32, 3)


def test_starts_from_the_weights_that_it_was_finetuned_from(finetuned):
    config = Config.fromfile(finetuned.config)
    assert config.load_from is None and config.randomness.seed == 0
    assert config.custom_imports.imports == ['mlfo_mm.components']
