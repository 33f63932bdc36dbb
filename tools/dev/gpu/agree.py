"""Part 1: the GPU computes what the CPU computes; :mod:`gpu.resume` is its end."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import torch
from gpu import resume
from gpu.report import Report, Setting, Wrong, built, within
from mmaction.registry import DATASETS, MODELS
from mmengine.dataset import pseudo_collate
from mmengine.registry import init_default_scope
from torch import nn

from mlfo_mm.engine.config import load_config
from mlfo_mm.study.identity import DEFAULT
from mlfo_mm.study.methods import cards
from mlfo_mm.study.paths import CONFIGS

VIDEOS = 8
FLOAT32, BFLOAT16, FEATURES = 1e-3, 0.1, 1e-3


def main(report: Report, setting: Setting) -> None:
    """All of it."""
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
    for name in runs(setting.quick):
        compare_losses(report, setting, name)
    for path in sorted((CONFIGS / 'backbones').glob('*.py'))[: 1 if setting.quick else None]:
        compare_features(report, setting, path.stem)
    for method in resume.METHODS[: 1 if setting.quick else None]:
        resume.compare(report, setting, method)


def runs(quick: bool) -> Iterator[str]:
    """Each variant of each method at the smoke profile."""
    for card in cards().values():
        if quick and card.key != resume.METHODS[0]:
            continue
        for variant in card.variants[: 1 if quick else None]:
            change = '' if variant.variant == DEFAULT else f'+{variant.variant}'
            yield f'{card.key}/r3d18@smoke{change}'


def losses(model: nn.Module, batch: dict[str, Any], amp: bool) -> list[float]:
    """Loss of two steps with one update between them: forward, backward and the optimiser."""
    device = next(model.parameters()).device.type
    optimizer = torch.optim.SGD([p for p in model.parameters() if p.requires_grad], lr=0.01)
    found = []
    for step in range(2):
        data = model.data_preprocessor(copy.deepcopy(batch), training=True)
        torch.manual_seed(step)
        with torch.autocast(device, dtype=torch.bfloat16, enabled=amp):
            loss, _ = model.parse_losses(model(**data, mode='loss'))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        found.append(float(loss.detach()))
    return found


def compare_losses(report: Report, setting: Setting, name: str) -> None:
    """A smoke training in float32 and bfloat16 against the CPU's in float32, on the same batch."""
    config = load_config(name)
    init_default_scope('mmaction')
    data = DATASETS.build(copy.deepcopy(config.train_dataloader.dataset))
    batch = pseudo_collate([data[index] for index in range(VIDEOS)])
    wanted = losses(built(config, 'cpu'), batch, amp=False)
    for amp, tolerance in ((False, FLOAT32), (True, BFLOAT16)):
        kind = 'bf16' if amp else 'fp32'
        with report.check(f'{name.partition("@")[0]}{name.partition("smoke")[2]} {kind}') as values:
            found = losses(built(config, setting.device), batch, amp)
            pairs = zip(found, wanted, strict=True)
            # after an update rounding has spread
            near = [
                within(a, b, tolerance * (1 + 9 * n), f'loss {n}') for n, (a, b) in enumerate(pairs)
            ]
            values.update(loss=found[0], distance=max(near))


def compare_features(report: Report, setting: Setting, name: str) -> None:
    """Levels of a backbone of one clip, in float32."""
    with report.check(f'features of {name}') as values:
        config = load_config(f'mlfo/{name}@{"smoke" if setting.quick else "k400"}')
        init_default_scope('mmaction')
        torch.manual_seed(0)
        backbone = MODELS.build(
            {k: v for k, v in config.model.backbone.items() if k != 'time_padding'}
        ).eval()
        clip = torch.randn(1, 3, config.clip_len, config.crop_size, config.crop_size)
        with torch.no_grad():
            wanted = backbone(clip)
            found = backbone.to(setting.device)(clip.to(setting.device))
        gaps = [
            float((a.cpu() - b).abs().max() / b.abs().max())
            for a, b in zip(found, wanted, strict=True)
        ]
        values['distance'] = max(gaps)
        if not max(gaps) < FEATURES:
            raise Wrong(f'{max(gaps):.2g} of the largest value')
