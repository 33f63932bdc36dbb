"""A training step of each method against the bare backbone on the same clips.

The bare side repeats the step's calls of the backbone and nothing else: as many clips of the same
size, forward and backward, or forward alone where the step keeps no gradient (a momentum encoder).
Clips are those of the training pipeline; all terms are at work. The first config's ratio is last.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from mlfo_mm.datasets import VideoListDataset
from mlfo_mm.engine.config import load_config

import torch
from clips import videos
from measure import finish, memory_of, parser, resident, take_turns
from mmaction.registry import MODELS
from mmengine.config import Config
from mmengine.dataset import pseudo_collate
from torch import Tensor, nn


def parse_args() -> argparse.Namespace:
    """Sizes of the measurement."""
    made = parser(__doc__, 'train_step')
    made.add_argument('configs', nargs='*', default=['configs/mlfo/r3d18_k400.py'])
    made.add_argument('--batch', type=int, default=8, help='videos')
    made.add_argument('--bf16', action='store_true', help='bfloat16 autocast')
    made.add_argument('--device', default='cuda' if torch.cuda.is_available() else 'cpu')
    return made.parse_args()


def read_batch(config: Config, size: int) -> dict:
    """A batch of the training pipeline, collated."""
    with tempfile.TemporaryDirectory() as root:
        folder = Path(root, 'drawn')
        drawn = videos(None, folder / 'videos', each=1)
        lines = []
        for index in range(size):
            source = drawn[index % len(drawn)]
            copy = Path(shutil.copy(source, folder / f'{index}{source.suffix}'))
            lines.append(f'{copy.name} 0\n')
        for name, text in (('train', ''.join(lines)), ('test', lines[0]), ('classes', 'drawn\n')):
            (folder / f'{name}.txt').write_text(text)
        dataset = VideoListDataset('drawn', config.train_pipeline, data_root=root)
        return pseudo_collate([dataset[index] for index in range(size)])


def build(path: str, args: argparse.Namespace) -> dict[str, Callable[[], object]]:
    """The two things to time."""
    config = load_config(path)
    torch.manual_seed(0)
    model = MODELS.build(config.model).to(args.device).train()
    model.set_epoch(config.train_cfg.max_epochs - 1, config.train_cfg.max_epochs)
    batch = model.data_preprocessor(read_batch(config, args.batch), training=True)
    calls: list[tuple[nn.Module, Tensor, bool]] = []

    def note(module: nn.Module, arguments: tuple[Tensor]) -> None:
        calls.append((module, torch.randn_like(arguments[0]), torch.is_grad_enabled()))

    def run(loss_of: Callable[[], Tensor]) -> None:
        model.zero_grad(set_to_none=True)
        with torch.autocast(args.device, dtype=torch.bfloat16, enabled=args.bf16):
            loss = loss_of()
        loss.backward()

    def step() -> Tensor:
        return model.parse_losses(model.loss(batch['inputs'], batch['data_samples']))[0]

    def backbone() -> Tensor:
        total = torch.zeros((), device=args.device)
        for module, clips, gradient in calls:
            with torch.set_grad_enabled(gradient):
                levels = module(clips)
            total = total + sum(level.float().mean() for level in levels)
        return total

    kind = type(model.backbone)
    hooks = [
        module.register_forward_pre_hook(note) for module in model.modules() if type(module) is kind
    ]
    run(step)
    for hook in hooks:
        hook.remove()
    return {'step': lambda: run(step), 'backbone': lambda: run(backbone)}


def main() -> None:
    """Measure, print, store."""
    args = parse_args()
    wait = torch.cuda.synchronize if args.device == 'cuda' else lambda: None
    if args.memory_of:
        path, side = args.memory_of.split('::')
        build(path, args)[side]()
        print(
            torch.cuda.max_memory_allocated() / 1e9
            if args.device == 'cuda'
            else resident(peak=True)
        )
        return
    ratios, found = {}, {}
    for path in args.configs:
        times = take_turns(build(path, args), args, wait)
        memory = {side: memory_of(f'{path}::{side}') for side in times.wall}
        ratios[f'{path}: step / backbone'] = times.ratio('step', 'backbone')
        found[path] = dict(times.as_dict(), memory_gb=memory)
        medians = ', '.join(f'{side} {times.median(side):.3f} s' for side in times.wall)
        print(
            f'{path}: {medians}; {memory["step"]:.2f} and {memory["backbone"]:.2f} GB', flush=True
        )
    finish(args, ratios, configs=found)


if __name__ == '__main__':
    main()
