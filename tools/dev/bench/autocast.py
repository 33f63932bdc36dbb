"""A training step under bfloat16 autocast against the same step in float32.

Beside the time, the loss curve: ``--curve`` steps of the optimiser from the same weights on the same
batches, in float32, in bfloat16, and in float32 from other weights, which shows how far two runs lie
apart anyhow. And the product of two large matrices in both formats: what the processor has to give.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable

from mlfo_mm.engine.config import load_config
from mlfo_mm.processes import keep_freed_memory

import torch
from batches import read_batch
from measure import add_device, finish, parser, take_turns, wait_for
from mmaction.registry import MODELS
from train_step import build


CHANNELS_LAST = '+channels_last'
SIDE = 3072  # of the matrices
SIDES = (
    ('float32', False, ''),
    ('bfloat16', True, ''),
    ('float32, channels last', False, CHANNELS_LAST),
    ('bfloat16, channels last', True, CHANNELS_LAST),
)


def parse_args() -> argparse.Namespace:
    """Sizes of the measurement."""
    made = parser(__doc__, 'autocast')
    made.add_argument('--config', default='configs/mlfo/r3d18_k400.py')
    made.add_argument('--batch', type=int, default=8, help='videos')
    made.add_argument('--curve', type=int, default=60, help='steps of the loss curves; 0: none')
    made.add_argument('--curve-config', default='mlfo/r3d18@smoke')
    add_device(made)
    return made.parse_args()


def curve(args: argparse.Namespace, bf16: bool, seed: int) -> list[float]:
    """Loss of each step of a short training."""
    config = load_config(args.curve_config)
    torch.manual_seed(seed)
    model = MODELS.build(config.model).to(args.device).train()
    optimizer = torch.optim.Adam(model.parameters(), lr=config.optim_wrapper.optimizer.lr)
    batch = model.data_preprocessor(read_batch(config, 16), training=True)
    losses = []
    for _ in range(args.curve):
        with torch.autocast(args.device, dtype=torch.bfloat16, enabled=bf16):
            loss = model.parse_losses(model.loss(batch['inputs'], batch['data_samples']))[0]
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


def product(device: str, dtype: torch.dtype) -> Callable[[], object]:
    """A product of matrices that the arithmetic alone takes time for."""
    matrix = torch.randn(SIDE, SIDE, device=device, dtype=dtype)
    return lambda: matrix @ matrix


def main() -> None:
    """Measure, print, store."""
    args = parse_args()
    keep_freed_memory()
    sides: dict[str, Callable[[], object]] = {}
    for name, bf16, change in SIDES:
        given = argparse.Namespace(**vars(args), bf16=bf16)
        sides[name] = build(f'{args.config}{change}', given)['step']
    for dtype in (torch.float32, torch.bfloat16):
        sides[f'matrix product, {dtype}'] = product(args.device, dtype)
    times = take_turns(sides, args, wait_for(args.device))
    curves = {}
    if args.curve:
        for name, bf16, seed in (('float32', 0, 0), ('bfloat16', 1, 0), ('other seed', 0, 1)):
            curves[name] = curve(args, bool(bf16), seed)
        apart = {
            name: max(abs(a - b) for a, b in zip(curves['float32'], curves[name], strict=True))
            for name in ('bfloat16', 'other seed')
        }
        ends = ', '.join(f'{name} {values[-1]:.3f}' for name, values in curves.items())
        print(f'last loss: {ends}; largest distance from float32: {apart}')
    for name in sides:
        print(f'{name}: {times.median(name):.3f} s')
    ratios = {f'float32 / {name}': times.ratio('float32', name) for name, *_ in reversed(SIDES[1:])}
    ratios |= {
        f'{name}, in CPU time': times.cpu_ratio('float32', name.removeprefix('float32 / '))
        for name in ratios
    }
    products = [name for name in sides if name.startswith('matrix')]
    ratios['matrix products, float32 / bfloat16'] = times.ratio(*products)
    finish(args, ratios, curves=curves, **times.as_dict())


if __name__ == '__main__':
    main()
