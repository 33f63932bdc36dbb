"""Everything of MLFO behind the backbone, at large batches, against a whole training step.

The backbone is taken out and its feature maps are small (8 channels, one position), so what is timed
is the objective: heads, graphs, prototypes and all terms, forward and backward: an upper bound of
the losses. The step is timed at a small batch and scaled to the large one; the share is in ``ratio``.
Memory is the highest of a process that does this once, above what it held before.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable

from mlfo_mm.engine.config import load_config

import torch
from measure import add_device, finish, parser, take_turns, wait_for
from memory import memory, memory_of
from mmaction.registry import MODELS
from torch import Tensor
from train_step import build

CHANNELS = 8


def parse_args() -> argparse.Namespace:
    """Sizes of the measurement."""
    made = parser(__doc__, 'losses', repeats=3)
    made.add_argument('--config', default='configs/mlfo/r3d18_k400.py')
    made.add_argument('--sizes', type=int, nargs='+', default=[256, 1024], help='videos in a batch')
    made.add_argument('--batch', type=int, default=8, help='videos in the whole step')
    made.add_argument('--bf16', action='store_true', help='bfloat16 autocast of the whole step')
    add_device(made)
    return made.parse_args()


def objective(size: int, args: argparse.Namespace) -> Callable[[], object]:
    """Forward and backward of all terms on ``size`` videos."""
    config = load_config(args.config, {'model.backbone.base_channels': CHANNELS})
    torch.manual_seed(0)
    model = MODELS.build(config.model).to(args.device).train()
    model.set_epoch(config.train_cfg.max_epochs - 1, config.train_cfg.max_epochs)
    with torch.no_grad():
        levels = model.extract_feat(torch.zeros(2, 3, config.clip_len, 32, 32, device=args.device))
    shapes = [(level.shape[1], level.shape[2], 1, 1) for level in levels]
    clips = torch.zeros(size, 3, 3, 1, 1, 1, device=args.device)

    def features(clips: Tensor) -> tuple[Tensor, ...]:
        made = (torch.randn(len(clips), *shape, device=args.device) for shape in shapes)
        return tuple(level.requires_grad_() for level in made)

    model.extract_feat = features
    return lambda: model.parse_losses(model.loss(clips))[0].backward()


def main() -> None:
    """Measure, print, store."""
    args = parse_args()
    if args.memory_of:
        function = objective(int(args.memory_of), args)
        before = memory(args.device, peak=False)
        function()
        print(memory(args.device, peak=True) - before)
        return
    sides = {f'objective of {size}': objective(size, args) for size in args.sizes}
    step = f'step of {args.batch}'
    times = take_turns(
        {**sides, step: build(args.config, args)['step']}, args, wait_for(args.device)
    )
    ratios, used = {}, {}
    for size, name in reversed(list(zip(args.sizes, sides, strict=True))):
        whole = times.median(step) * size / args.batch
        used[name] = memory_of(str(size))
        ratios[f'{name} / step of {size}'] = times.median(name) / whole
        print(f'{name}: {times.median(name):.3f} s of {whole:.1f} s, {1e3 * used[name]:.0f} MB')
    ratios |= {f'MB, {name}': 1e3 * used[name] for name in used}
    finish(args, ratios, memory_gb=used, **times.as_dict())


if __name__ == '__main__':
    main()
