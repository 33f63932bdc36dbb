"""An exported file says what to feed it, and whether torchvision's class takes it."""

from __future__ import annotations

import json

import pytest
import torch
from safetensors import safe_open

from mlfo_mm import build
from mlfo_mm.engine.backbone import FACTS
from mlfo_mm.engine.composed import composed_text
from mlfo_mm.engine.config import load_config
from mlfo_mm.engine.convert import export_weights

PAPER, TORCHVISION = 'mlfo/r3d18@ucf101', 'mlfo/r3d18_tv@ucf101'


@pytest.mark.parametrize(
    ('run', 'options', 'said'),
    [
        (TORCHVISION, {}, 'r3d_18() takes it as it is'),
        (
            PAPER,
            {},
            'r3d_18() does not take it: other shape 1, first stem.0.weight (64, 3, 7, 7, 7) for',
        ),
        (TORCHVISION, {'backbone.base_channels': 4}, 'does not take it: other shape '),
        (
            TORCHVISION,
            {'backbone.temporal_strides': [1, 1, 2, 2]},
            'but is another network: strides',
        ),
        (TORCHVISION, {'time_padding': 'replicate'}, 'but is another network: strides'),
        ('mlfo/s3d@ucf101', {}, 's3d() takes it as it is'),
    ],
)
def test_export_says_whether_torchvision_s_class_takes_it(run, options, said, tmp_path):
    config = load_config(run, options)
    torch.manual_seed(0)
    state = build(run, options).backbone.state_dict()
    state = {f'backbone.{key}': value for key, value in state.items()}
    torch.save(
        dict(state_dict=state, meta=dict(composed=composed_text(config))), tmp_path / 'a.pth'
    )
    line = export_weights(tmp_path / 'a.pth', tmp_path / 'b.safetensors')
    assert said in line and ('.pt2 file runs' in line) == ('as it is' not in said)
    with safe_open(tmp_path / 'b.safetensors', 'pt') as file:
        facts = json.loads(file.metadata()[FACTS])
    assert facts['mean'] == config.normalize.mean and facts['clip_len'] == config.clip_len
    for key, value in options.items():
        assert facts['backbone'][key.removeprefix('backbone.')] == value
