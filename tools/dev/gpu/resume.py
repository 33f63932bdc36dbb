"""End of part 1: a run resumes bit for bit, and its checkpoint serves on both devices."""

from __future__ import annotations

from typing import Any

import torch
from gpu.report import Report, Setting, Wrong, built

from mlfo_mm.engine import launch
from mlfo_mm.engine.config import load_config

METHODS = ('moco', 'mlfo')
DISTANCE = 1e-3  # of embeddings, of the largest value


def compare(report: Report, setting: Setting, method: str) -> None:
    """A run and its second half alone, bit for bit; its checkpoint on the CPU and back."""
    folder = setting.folder / method
    with report.check(f'{method} resumes bit for bit') as values:
        train(method, folder / 'whole', None)
        train(method, folder / 'rest', str(folder / 'whole/epoch_1.pth'))
        whole, rest = (weights(folder / part / 'epoch_2.pth') for part in ('whole', 'rest'))
        differ = [key for key in whole if not torch.equal(whole[key], rest[key])]
        values['tensors'] = len(whole)
        if differ or whole.keys() != rest.keys():
            raise Wrong(f'{len(differ)} tensors differ, first {differ[:1]}')
    with report.check(f'{method} checkpoint on the CPU and back'):
        config = load_config(f'{method}/r3d18@smoke')
        here, there = built(config, 'cpu'), built(config, setting.device)
        here.load_state_dict(whole)
        torch.save(here.state_dict(), folder / 'from_cpu.pth')
        there.load_state_dict(weights(folder / 'from_cpu.pth'))
        clips = torch.randn(2, 3, config.clip_len, config.crop_size, config.crop_size)
        with torch.no_grad():
            a = here.eval().embed(clips).instance
            b = there.eval().embed(clips.to(setting.device)).instance.cpu()
        if not (a - b).abs().max() <= DISTANCE * a.abs().max():
            raise Wrong(f'embeddings differ by {float((a - b).abs().max()):.2g}')


def train(method: str, work_dir: Any, resume: str | None) -> None:
    """Two epochs at the smoke profile, deterministic."""
    options = {'train_dataloader.num_workers': 0, 'train_dataloader.persistent_workers': False}
    config = load_config(f'{method}/r3d18@smoke', options)
    config.randomness.deterministic = True
    config.work_dir = str(work_dir)
    config.experiment_name = f'{method}_{work_dir.name}'
    config.log_level = 'WARNING'
    launch.train(config, 'none', resume, auto_scale_lr=False)


def weights(path: Any) -> dict[str, torch.Tensor]:
    """Of a checkpoint."""
    stored = torch.load(path, map_location='cpu', weights_only=True)
    return stored.get('state_dict', stored)
