"""One MLFO training step against forward and backward of the bare backbone on the same clips.

Prints seconds, memory and, last, the ratio of the medians; both sides take turns in one process.
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import subprocess
import sys
import time
from pathlib import Path

from mlfo_mm.engine.config import load_config
from mmaction.registry import MODELS

import torch
from torch import Tensor, nn


def parse_args() -> argparse.Namespace:
    """Sizes of the measurement."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--config', default='configs/mlfo/r3d18_k400.py')
    parser.add_argument('--batch', type=int, default=8, help='samples, of 3 clips each')
    parser.add_argument('--repeats', type=int, default=5)
    parser.add_argument('--warm-up', type=int, default=1)
    parser.add_argument('--bf16', action='store_true', help='bfloat16 autocast')
    parser.add_argument('--device', default='cuda' if torch.cuda.is_available() else 'cpu')
    parser.add_argument('--json', default='results/bench/train_step.json')
    parser.add_argument('--memory-of', choices=['step', 'backbone'], help=argparse.SUPPRESS)
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


def timed(function, device: str) -> float:
    """Seconds of one call."""
    if device == 'cuda':
        torch.cuda.synchronize()
    start = time.perf_counter()
    function()
    if device == 'cuda':
        torch.cuda.synchronize()
    return time.perf_counter() - start


def peak_memory(name: str, args: argparse.Namespace) -> float:
    """Peak resident (CPU) or allocated (GPU) memory in GB of one side alone, in a process of its own."""
    command = [sys.executable, __file__, *sys.argv[1:], '--memory-of', name]
    return float(
        subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()[-1]
    )


def main() -> None:
    """Measure, print, store."""
    args = parse_args()
    functions = sides(args)
    model: nn.Module = functions.pop('model')
    if args.memory_of:
        functions[args.memory_of]()
        if args.device == 'cuda':
            print(torch.cuda.max_memory_allocated() / 1e9)
        else:
            import resource

            print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6)
        return
    times: dict[str, list[float]] = {name: [] for name in functions}
    for repeat in range(args.warm_up + args.repeats):
        for name, function in functions.items():
            seconds = timed(function, args.device)
            if repeat >= args.warm_up:
                times[name].append(seconds)
    medians = {name: statistics.median(values) for name, values in times.items()}
    memory = {name: peak_memory(name, args) for name in functions}
    result = {
        'config': args.config,
        'batch': args.batch,
        'bf16': args.bf16,
        'device': args.device,
        'threads': torch.get_num_threads(),
        'machine': platform.processor() or platform.machine(),
        'torch': torch.__version__,
        'parameters': sum(p.numel() for p in model.parameters()),
        'seconds': times,
        'memory_gb': memory,
        'ratio': medians['step'] / medians['backbone'],
    }
    path = Path(args.json)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(result, indent=1) + '\n')
    for name in functions:
        print(f'{name:8s} {medians[name]:.3f} s, {memory[name]:.2f} GB')
    print(f'ratio {result["ratio"]:.3f}')


if __name__ == '__main__':
    main()
