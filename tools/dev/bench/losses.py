"""All losses of MLFO together, at large batches, against a whole training step.

The embeddings of each level are drawn, so what is timed is the objective, forward and backward: semantic
branch with its prototypes, graphs, all terms and monitors. The step is timed at a small batch and scaled
to the large one. Memory is the highest of a process that does this once, above what it held before.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable

from mlfo_mm.engine.config import load_config
from mlfo_mm.processes import keep_freed_memory

import torch
from measure import add_device, finish, parser, take_turns, wait_for
from memory import memory, memory_of
from models import in_training
from torch import Tensor
from train_step import build

CHANNELS = 8  # of the backbone, which only says how many time steps a level has


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
    config = load_config(args.config, {'backbone.base_channels': CHANNELS})
    model = in_training(config, args.device)
    with torch.no_grad():
        levels = model.extract_feat(torch.zeros(2, 3, config.clip_len, 32, 32, device=args.device))
    shapes = [(level.shape[1], level.shape[2], 1, 1) for level in levels]
    clips = torch.zeros(size, 3, 3, 1, 1, 1, device=args.device)

    def features(clips: Tensor) -> tuple[Tensor, ...]:
        made = (torch.randn(len(clips), *shape, device=args.device) for shape in shapes)
        return tuple(level.requires_grad_() for level in made)

    model.extract_feat = features
    for level in model.levels.values():
        level.embed = drawn(level.embed)
    with torch.no_grad():
        model.loss(clips)
    return lambda: model.parse_losses(model.loss(clips))[0].backward()


def drawn(embed: Callable[..., dict[str, Tensor]]) -> Callable[..., dict[str, Tensor]]:
    """Embeddings of the shapes of a level's, from the second call on without its projections."""
    known: dict[str, Tensor] = {}

    def again(*features: object) -> dict[str, Tensor]:
        if not known:
            known.update(embed(*features))
        return {key: torch.randn_like(z).requires_grad_() for key, z in known.items()}

    return again


def main() -> None:
    """Measure, print, store."""
    args = parse_args()
    keep_freed_memory()
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
