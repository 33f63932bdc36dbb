"""One MLFO training step against forward and backward of the bare backbone on the same clips.

Prints seconds, memory and, last, the ratio of the medians; both sides take turns in one process.
"""

from __future__ import annotations

import argparse

import measure
from mlfo_mm.engine.config import load_config
from mmaction.registry import MODELS

import torch
from torch import Tensor, nn


def parse_args() -> argparse.Namespace:
    """Sizes of the measurement."""
    parser = measure.parser(__doc__, 'train_step')
    parser.add_argument('--config', default='configs/mlfo/r3d18_k400.py')
    parser.add_argument('--batch', type=int, default=8, help='samples, of 3 clips each')
    parser.add_argument('--bf16', action='store_true', help='bfloat16 autocast')
    parser.add_argument('--device', default='cuda' if torch.cuda.is_available() else 'cpu')
    return parser.parse_args()


def sides(args: argparse.Namespace) -> dict:
    """The two things to time, as functions of no argument."""
    config = load_config(args.config)
    torch.manual_seed(0)
    model = MODELS.build(config.model).to(args.device).train()
    epochs = config.train_cfg.max_epochs
    model.set_epoch(epochs - 1, epochs)  # all terms at work, queue in use
    size = (config.clip_len, config.crop_size, config.crop_size)
    clips = torch.randn(args.batch, 3, 3, *size, device=args.device)

    def run(loss_of) -> None:
        model.zero_grad(set_to_none=True)
        with torch.autocast(args.device, dtype=torch.bfloat16, enabled=args.bf16):
            loss = loss_of()
        loss.backward()

    def step() -> Tensor:
        return model.parse_losses(model.loss(clips))[0]

    def backbone() -> Tensor:
        return sum(level.float().mean() for level in model.extract_feat(clips.flatten(0, 1)))

    return {'step': lambda: run(step), 'backbone': lambda: run(backbone), 'model': model}


def main() -> None:
    """Measure, print, store."""
    args = parse_args()
    functions = sides(args)
    model: nn.Module = functions.pop('model')
    on_gpu = args.device.startswith('cuda')
    if args.memory_of:
        functions[args.memory_of]()
        peak = torch.cuda.max_memory_allocated() / 1e9 if on_gpu else measure.resident(peak=True)
        print(peak)
        return
    times = measure.take_turns(functions, args, torch.cuda.synchronize if on_gpu else lambda: None)
    memory = {name: measure.memory_of(name) for name in functions}
    for name in functions:
        print(f'{name:8s} {times.median(name):.3f} s, {memory[name]:.2f} GB')
    measure.finish(
        args,
        {'time of a step in those of the backbone': times.ratio('step', 'backbone')},
        parameters=sum(p.numel() for p in model.parameters()),
        memory_gb=memory,
        **times.as_dict(),
    )


if __name__ == '__main__':
    main()
