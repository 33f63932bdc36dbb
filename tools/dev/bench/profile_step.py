"""Where the time of a training step goes: the torch profiler over some steps of a config.

Prints a table of shares (of the device's time on a GPU, of this thread's on a CPU), clips per second
without the profiler and, where the matrix units' peak is known, the share of it that is used.
"""

from __future__ import annotations

import argparse
import tempfile
import time

from mlfo_mm.engine.config import load_config
from mlfo_mm.engine.optim import AutocastOptimWrapper
from mlfo_mm.models.utils import backbones_of, complexity
from mlfo_mm.processes import keep_freed_memory

import torch
from batches import batches_of, drawn_dataset
from measure import add_device, finish, parser, wait_for
from models import in_training
from mmengine.optim import OptimWrapper, build_optim_wrapper
from regions import shares
from torch import nn
from torch.profiler import profile, record_function, supported_activities

# TFLOP/s of dense bfloat16 products, as the makers state them
PEAKS = {'H200': 989, 'H100': 989, 'A100': 312, 'L40S': 362, 'A10': 125, 'RTX 4090': 165}


def parse_args() -> argparse.Namespace:
    """Sizes of the measurement."""
    made = parser(__doc__, 'profile_step', repeats=4)
    made.add_argument('config', nargs='?', default='configs/mlfo/r3d18_k400.py')
    made.add_argument('--batch', type=int, default=8, help='videos')
    made.add_argument('--workers', type=int, default=1)
    made.add_argument('--bf16', action='store_true', help='bfloat16 autocast')
    made.add_argument('--peak', type=float, help='TFLOP/s of the device in bfloat16')
    add_device(made)
    return made.parse_args()


def main() -> None:
    """Measure, print, store."""
    args = parse_args()
    keep_freed_memory()
    wait = wait_for(args.device)
    config = load_config(args.config)
    model = in_training(config, args.device)
    wrapper = dict(config.optim_wrapper, type=AutocastOptimWrapper if args.bf16 else OptimWrapper)
    optimizer = build_optim_wrapper(model, wrapper)
    seen: list[tuple[nn.Module, torch.Size, int]] = []

    def note(module: nn.Module, arguments: tuple[torch.Tensor]) -> None:
        passes = 3 if torch.is_grad_enabled() else 1  # forward, and both gradients
        seen.append((module, arguments[0].shape, passes))

    with tempfile.TemporaryDirectory() as root:
        data = drawn_dataset(config, args.batch, root)
        rounds = args.warm_up + 2 * args.repeats + 1
        batches = batches_of(data, args.batch, rounds, args.workers)

        def steps(count: int) -> None:
            for _ in range(count):
                with record_function('data wait'):
                    batch = next(batches)
                with record_function('step'):
                    model.train_step(batch, optimizer)
            wait()

        backbones = backbones_of(model)
        hooks = [each.register_forward_pre_hook(note) for each in backbones]
        steps(1)
        for hook in hooks:
            hook.remove()
        clips = sum(shape[0] for _, shape, _ in seen)
        flops = sum(
            passes * shape[0] * 2e9 * complexity(module, shape[2], shape[4]).gflops
            for module, shape, passes in seen
        )
        for each in backbones:
            each.forward = record_function('backbone')(each.forward)
        model.data_preprocessor.forward = record_function('augmentation')(
            model.data_preprocessor.forward
        )
        steps(args.warm_up)
        start = time.perf_counter()
        steps(args.repeats)
        seconds = (time.perf_counter() - start) / args.repeats
        with profile(activities=supported_activities()) as profiler:
            steps(args.repeats)
    table = shares(list(profiler.events()), args.device == 'cuda')
    for part, share in table.items():
        print(f'{part:22s} {100 * share:5.1f} %')
    speed = flops / seconds / 1e12
    print(f'{clips / seconds:.1f} clips a second, {speed:.2f} TFLOP/s in the backbone')
    ratios = {
        'share in convolutions': sum(v for k, v in table.items() if k.startswith('convolution'))
    }
    named = torch.cuda.get_device_name() if args.device == 'cuda' else ''
    peak = args.peak or next((value for key, value in PEAKS.items() if key in named), None)
    if peak:
        ratios = {'share of the bfloat16 peak': speed / peak} | ratios
    facts = dict(seconds=seconds, clips_per_s=clips / seconds, tflops=speed)
    finish(args, ratios, shares=table, **facts)


if __name__ == '__main__':
    main()
