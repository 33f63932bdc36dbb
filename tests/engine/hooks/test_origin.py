"""What is put into a checkpoint can be read without running code of it."""

from __future__ import annotations

from pathlib import Path

import torch

from mlfo_mm.engine import launch
from mlfo_mm.engine.config import load_config


def schedule(path: Path) -> dict:
    (state,) = torch.load(path, weights_only=True)['param_schedulers']
    return state


def test_one_cycle_is_saved_as_plain_values_and_goes_on(digits, tmp_path):
    def run(name, resume=None):
        config = load_config('simclr/r3d18@smoke')
        config.param_scheduler = [
            dict(type='OneCycleLR', by_epoch=False, eta_max=1e-3, total_steps=12)
        ]
        config.work_dir, config.experiment_name = str(tmp_path), name
        launch.train(config, 'none', resume, auto_scale_lr=False)
        return schedule(tmp_path / 'epoch_2.pth')

    whole = run('whole')
    assert 'anneal_func' not in whole
    assert schedule(tmp_path / 'epoch_1.pth')['last_step'] < whole['last_step']
    (tmp_path / 'epoch_2.pth').unlink()
    assert run('resumed', resume='auto') == whole
