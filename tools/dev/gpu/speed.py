"""Part 2: a step of MLFO on R3D-18, in clips a second, in that of its backbone, and where its time goes."""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import torch
from gpu.report import Report, Setting
from torch import Tensor, nn
from torch.profiler import profile, record_function, supported_activities

from mlfo_mm.engine.config import load_config
from mlfo_mm.engine.dry_step import drawn_batch
from mlfo_mm.engine.hooks.channels_last import lay_out
from mlfo_mm.models.utils import backbones_of, complexity

sys.path.append(str(Path(__file__).resolve().parents[1] / 'bench'))
from models import in_training
from profile_step import PEAKS
from regions import shares

BATCHES = (32, 64, 128, 256)
VARIANTS = ('plain', 'channels last', 'compiled', 'fused optimiser')
GOAL = 1.05  # step in that of the bare backbone


def main(report: Report, setting: Setting) -> None:
    """Batches first, then variants at the best of them, then against others, then the profile."""
    best, fastest = 2, 0.0
    for size in (2,) if setting.quick else BATCHES:
        if report.left < 20:
            break
        with report.check(f'batch {size}') as values:
            values |= measured(setting, size, 'plain')
            if values['clips_per_s'] > fastest:
                best, fastest = size, values['clips_per_s']
    for variant in () if setting.quick else VARIANTS[1:]:
        if report.left < 40:
            break
        with report.check(f'{variant}, batch {best}') as values:
            values |= measured(setting, best, variant)
    if report.left > 15:
        with report.check('against the bare backbone, and three passes') as values:
            values |= against(setting, best)
    if report.left > 15:
        with report.check('where the time goes') as values:
            values |= profiled(setting, best)


class Step:
    """A training step of a batch that lies on the device."""

    def __init__(self, setting: Setting, size: int, variant: str = 'plain') -> None:
        self.config = load_config('mlfo/r3d18@smoke' if setting.quick else 'mlfo/r3d18@k400')
        self.device = setting.device
        self.model = in_training(self.config, self.device)
        if variant == 'channels last':
            lay_out(self.model)
        if variant == 'compiled':
            for each in backbones_of(self.model):
                each.compile()
        fused = dict(fused=True) if variant == 'fused optimiser' else {}
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=1e-3, **fused)
        batch = drawn_batch(self.config, size)
        data = self.model.data_preprocessor(batch, training=True)
        self.data = data | dict(inputs=torch.randn_like(data['inputs']))

    def loss(self) -> Tensor:
        """Of the batch, under autocast."""
        with torch.autocast(self.device, dtype=torch.bfloat16):
            return self.model.parse_losses(self.model(**self.data, mode='loss'))[0]

    def run(self, loss_of: Callable[[], Tensor]) -> None:
        """Forward, backward, update."""
        self.optimizer.zero_grad()
        loss_of().backward()
        self.optimizer.step()

    def calls(self) -> list[tuple[nn.Module, Tensor]]:
        """What the backbone was called with in a step."""
        seen: list[tuple[nn.Module, Tensor]] = []
        hook = self.model.backbone.register_forward_pre_hook(
            lambda module, arguments: seen.append((module, torch.randn_like(arguments[0])))
        )
        self.run(self.loss)
        hook.remove()
        return seen


def wait(device: str) -> None:
    """End what the device still does."""
    if device == 'cuda':
        torch.cuda.synchronize()


def seconds(setting: Setting, function: Callable[[], object]) -> float:
    """Median of some calls, after two more."""
    times = []
    for repeat in range(2 if setting.quick else 12):
        wait(setting.device)
        start = time.perf_counter()
        function()
        wait(setting.device)
        if repeat >= (1 if setting.quick else 2):
            times.append(time.perf_counter() - start)
    return statistics.median(times)


def measured(setting: Setting, size: int, variant: str) -> dict[str, float]:
    """Speed, share of the peak and memory of a batch."""
    if setting.device == 'cuda':
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()
    step = Step(setting, size, variant)
    clips = [call[1].shape for call in step.calls()]
    spent = seconds(setting, lambda: step.run(step.loss))
    count = sum(shape[0] for shape in clips)
    cost = complexity(step.model.backbone, clips[0][2], clips[0][4])
    values = dict(seconds=spent, clips_per_s=count / spent, videos_per_s=size / spent)
    if setting.device == 'cuda':
        name = torch.cuda.get_device_name()
        flops = 3 * 2e9 * cost.gflops * count / spent / 1e12  # forward, and both gradients
        values |= dict(tflops=flops, peak_gib=torch.cuda.max_memory_allocated() / 2**30)
        peak = next((value for key, value in PEAKS.items() if key in name), None)
        values |= dict(share_of_peak=flops / peak) if peak else {}
    return values


def against(setting: Setting, size: int) -> dict[str, float]:
    """The step in that of its backbone alone, and in one with three passes, as MLFO was released."""
    step = Step(setting, size)
    calls = step.calls()

    def backbone() -> Tensor:
        with torch.autocast(setting.device, dtype=torch.bfloat16):
            levels = [level for module, clips in calls for level in module(clips)]
        return sum(level.float().mean() for level in levels)

    whole = seconds(setting, lambda: step.run(step.loss))
    bare = seconds(setting, lambda: step.run(backbone))
    once = step.model.extract_feat

    def three(clips: Tensor) -> tuple[Tensor, ...]:
        passes = [once(part) for part in clips.chunk(3)]
        return tuple(torch.cat(level) for level in zip(*passes, strict=True))

    step.model.extract_feat = three
    apart = seconds(setting, lambda: step.run(step.loss))
    return dict(of_backbone=whole / bare, goal=GOAL, of_three_passes=whole / apart)


def profiled(setting: Setting, size: int) -> dict[str, float]:
    """Share of the time of each part of the step."""
    step = Step(setting, size)
    step.model.backbone.forward = record_function('backbone')(step.model.backbone.forward)
    step.run(step.loss)
    with profile(activities=supported_activities()) as profiler, record_function('step'):
        step.run(step.loss)
        wait(setting.device)
    return shares(list(profiler.events()), setting.device == 'cuda')
