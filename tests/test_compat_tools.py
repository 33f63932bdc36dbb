"""Each work-around for MMAction2's own tools is needed on the tested versions, and does its job."""

from __future__ import annotations

from types import SimpleNamespace

import av
import numpy as np
import pytest
import torch
from mmaction.engine.hooks import VisualizationHook
from mmaction.visualization.video_backend import LocalVisBackend
from mmengine.config import Config
from mmengine.infer import BaseInferencer
from mmengine.visualization import Visualizer

from mlfo_mm import compat_tools


def test_an_inferencer_takes_the_collate_of_a_loader():
    compat_tools.apply()
    compat_tools.apply()  # goes no further
    given = dict(type='default_collate')
    config = Config(dict(test_dataloader=dict(collate_fn=given)))
    with pytest.raises(TypeError, match='must be a str'):
        BaseInferencer._init_collate.__wrapped__(SimpleNamespace(scope='mmaction'), config)
    collate = BaseInferencer._init_collate(SimpleNamespace(scope='mmaction'), config)
    assert collate([dict(a=1), dict(a=2)])['a'].tolist() == [1, 2]
    config.test_dataloader.pop('collate_fn')
    collate = BaseInferencer._init_collate(SimpleNamespace(scope='mmaction'), config)
    assert collate([dict(a=1), dict(a=2)]) == dict(a=[1, 2])


def test_clips_are_drawn_one_after_the_other(monkeypatch, tmp_path):
    shown = []
    stand_in = SimpleNamespace(add_datasample=lambda name, **said: shown.append(said))
    monkeypatch.setattr(Visualizer, 'get_current_instance', lambda: stand_in)
    clips = torch.arange(2 * 3 * 4).reshape(2, 3, 4, 1, 1)  # (V, C, T, H, W)
    sample = dict(filename='a/v.mp4')
    compat_tools.apply()
    draw = VisualizationHook._draw_samples
    for function in (draw.__wrapped__, draw, draw):
        hook = VisualizationHook(enable=True, interval=1)
        if function is draw:
            function(hook, 0, dict(inputs=[clips]), [sample])
        else:
            with pytest.raises(RuntimeError, match='number of dimensions'):
                function(hook, 0, dict(inputs=[clips]), [sample])
    wanted = np.concatenate([clip.permute(1, 2, 3, 0).numpy() for clip in clips])
    assert len(shown) == 2 and (shown[0]['video'] == wanted).all()
    assert {'show_frames': False}.items() <= shown[0].items() and 'show' not in shown[0]


def test_videos_are_written_without_moviepy(tmp_path):
    frames = np.zeros((3, 9, 7, 3), np.uint8)
    frames[..., 0] = 255  # blue, first
    frames[range(3), range(3), 0] = 255  # equal ones would be one in a GIF
    compat_tools.apply()
    plain = LocalVisBackend.add_video
    with pytest.raises(ImportError, match='moviepy'):
        plain.__wrapped__(LocalVisBackend(str(tmp_path)), 'v', frames, out_type='video')
    compat_tools.apply()
    assert LocalVisBackend.add_video is plain
    backend = LocalVisBackend(str(tmp_path))
    for kind, name in (('video', 'v.mp4'), ('gif', 'v.gif')):
        backend.add_video('v.avi', frames, fps=5, out_type=kind)
        with av.open(str(tmp_path / name)) as container:
            assert container.streams.video[0].average_rate == 5
            read = [frame.to_ndarray(format='rgb24') for frame in container.decode(video=0)]
        assert len(read) == 3 and read[0].shape[0] in (9, 10)
        assert (np.abs(read[0][4, 4].astype(int) - (0, 0, 255)) < 9).all()
    backend.add_video('v', frames, out_type='img')
    assert len(list((tmp_path / 'v/frames_0').iterdir())) == 3
