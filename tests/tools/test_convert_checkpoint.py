"""tools/convert_checkpoint.py: weights of no run here are called what the command says."""

from __future__ import annotations

import subprocess
import sys

import torch
from mmaction.registry import MODELS

from mlfo_mm.engine.checkpoints import read_checkpoint
from mlfo_mm.engine.config import load_config
from mlfo_mm.engine.convert import export_weights
from mlfo_mm.study.config_text import read_values
from tests.conftest import REPO

RUN = 'mlfo/r3d18@smoke'


def test_import_under_a_method_s_name(tmp_path):
    model = MODELS.build(load_config(RUN).model)
    torch.save(dict(state_dict=model.state_dict()), tmp_path / 'ours.pth')
    export_weights(tmp_path / 'ours.pth', tmp_path / 'theirs.pth')
    command = [
        sys.executable,
        REPO / 'tools/convert_checkpoint.py',
        'import',
        'theirs.pth',
        'a.pth',
    ]
    command += ['--config', RUN, '--method', 'supervised']
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    values = read_values(read_checkpoint(tmp_path / 'a.pth')['meta']['composed'])
    assert (values['method'], values['backbone_name']) == ('supervised', 'r3d18')
