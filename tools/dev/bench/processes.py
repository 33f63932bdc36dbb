"""Two gloo processes of one thread against one process of two threads, on the same global batch.

Both train the same model with the same global batch; the sides take turns, each time in processes of
their own. The ratio is that of their speeds: above 1 the two processes are faster.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import time

from mlfo_mm.engine.config import load_config
from mlfo_mm.processes import keep_freed_memory

import torch
from batches import read_batch
from measure import Times, finish, parser
from models import in_training
from mmengine.model import MMDistributedDataParallel
from mmengine.optim import OptimWrapper
from torch import distributed


def parse_args() -> argparse.Namespace:
    """Sizes of the measurement."""
    made = parser(__doc__, 'processes', repeats=3)
    made.add_argument('--config', default='mlfo/r3d18@mini')
    made.add_argument('--batch', type=int, default=32, help='videos, of all processes together')
    made.add_argument(
        '--steps', type=int, default=4, help='timed steps of a repeat, after one more'
    )
    made.add_argument('--processes', type=int, default=2)
    made.add_argument('--rank', action='store_true', help=argparse.SUPPRESS)
    return made.parse_args()


def work(args: argparse.Namespace) -> None:
    """One process: a few steps; the first process prints the median."""
    keep_freed_memory()
    world = int(os.environ['WORLD_SIZE'])
    torch.set_num_threads(args.processes // world)
    distributed.init_process_group('gloo')
    config = load_config(args.config)
    model = in_training(config)
    optimizer = OptimWrapper(torch.optim.Adam(model.parameters(), lr=1e-3))
    batch = read_batch(config, args.batch // world)
    if world > 1:
        unused = config.model_wrapper_cfg.find_unused_parameters
        model = MMDistributedDataParallel(model, find_unused_parameters=unused)
    seconds = []
    for _ in range(args.steps + 1):
        distributed.barrier()
        start = time.perf_counter()
        model.train_step(batch, optimizer)
        distributed.barrier()
        seconds.append(time.perf_counter() - start)
    if distributed.get_rank() == 0:
        print(statistics.median(seconds[1:]))
    distributed.destroy_process_group()


def run(processes: int) -> float:
    """Median seconds of a step."""
    launch = ['-m', 'torch.distributed.run', '--standalone', f'--nproc-per-node={processes}']
    done = subprocess.run(
        [sys.executable, *launch, *sys.argv, '--rank'],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {'OMP_NUM_THREADS': '1'},
    )
    return float(done.stdout.split()[-1])


def main() -> None:
    """Measure, print, store."""
    args = parse_args()
    if args.rank:
        work(args)
        return
    sides = {'1 process': 1, f'{args.processes} processes': args.processes}
    times = Times.of_sides(sides)
    for _ in range(args.repeats):
        for name, processes in sides.items():
            times.wall[name].append(run(processes))
    for name in sides:
        print(f'{name}: {times.median(name):.3f} s')
    one, several = sides
    finish(args, {f'speed of {several} / {one}': times.ratio(one, several)}, seconds=times.wall)


if __name__ == '__main__':
    main()
