"""What no features can be had of ends in one line."""

from __future__ import annotations

import shutil

import pytest
import torch
from mmaction.registry import MODELS
from mmengine.registry import init_default_scope

from mlfo_mm.engine.config import load_config
from mlfo_mm.errors import UserError
from mlfo_mm.evaluation.evaluate import evaluate


def test_a_list_of_broken_videos_only(request_for, videos, tmp_path, monkeypatch):
    root = tmp_path / 'root'
    shutil.copytree(videos, root)
    for index in range(4):
        (root / f'pair/test_g{index // 2:02}_c{index}.mp4').write_text(f'no video {index}')
    (root / 'pair/test_g00_c0.mp4').unlink()
    request = request_for('retrieval', skip_broken=True)
    monkeypatch.setenv('MLFO_DATA_ROOT', str(root))
    with pytest.raises(UserError, match=r'none of the 4 videos of .*test\.txt could be read'):
        evaluate(request, tmp_path / 'results')


def test_weights_that_are_not_finite(request_for, tmp_path):
    request = request_for('retrieval')
    init_default_scope('mmaction')
    state = MODELS.build(load_config(request.run).model).state_dict()
    state['backbone.layer4.0.conv1.conv.weight'].fill_(float('nan'))
    torch.save({'state_dict': state}, tmp_path / 'broken.pth')
    request = request_for('retrieval', checkpoint=str(tmp_path / 'broken.pth'))
    with pytest.raises(
        UserError, match=r'of 6 of 6 videos are not finite, first .*mp4: the weights are broken'
    ):
        evaluate(request, tmp_path / 'results')
