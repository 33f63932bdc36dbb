"""Pretrain a method on videos, without their labels.

It says in ten lines what it will do, and ends with the command that evaluates the weights.
"""

from __future__ import annotations

import argparse
import shlex
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from mlfo_mm.start import cli  # first: it says what is not installed

from mlfo_mm.arguments import OptionsAction, Parser, count, seed
from mlfo_mm.commands import as_typed
from mlfo_mm.errors import UserError
from mlfo_mm.handover import handing_over
from mlfo_mm.processes import keep_freed_memory

EXAMPLES = (
    'mlfo/r3d18@demo',
    'mlfo/r3d18@mini --dataset mine --work-dir work_dirs/try',
    'mlfo/r3d18@mini --dataset mine --work-dir work_dirs/try --resume',
)
VISUALIZERS = ('tensorboard', 'wandb', 'mlflow')


def parse_args() -> argparse.Namespace:
    """Arguments as MMAction2's tool has them."""
    parser = Parser(__doc__, EXAMPLES)
    parser.add_argument('run', help='METHOD/BACKBONE@PROFILE+VARIANT, or a config file')
    parser.add_argument('--dataset', metavar='NAME', help="to train on, in place of the run's own")
    parser.add_argument('--work-dir', help='default: work_dirs/<method>/<run>[-<dataset>]')
    parser.add_argument(
        '--resume',
        nargs='?',
        const='auto',
        help='continue from a checkpoint, by default from the newest whole one in the work directory',
    )
    parser.add_argument('--amp', action='store_true', help='bfloat16 autocast, on CPU or GPU')
    parser.add_argument('--auto-scale-lr', action='store_true', help='scale the rate to the batch')
    parser.add_argument('--seed', type=seed, help='default: randomness.seed of the config')
    parser.add_argument('--deterministic', action='store_true', help='deterministic cuDNN')
    parser.add_argument('--cfg-options', nargs='+', action=OptionsAction, help='key=value ...')
    parser.add_argument(
        '--visualizer',
        nargs='+',
        choices=VISUALIZERS,
        help='where curves go besides the log: W&B and MLflow write to the work directory, offline '
        '(default: the config has tensorboard)',
    )
    parser.add_argument('--launcher', choices=['none', 'pytorch', 'slurm', 'mpi'], default='none')
    parser.add_argument(
        '--preflight', type=count, metavar='N', help='only say what a run on N processes lacks here'
    )
    parser.add_argument(
        '--results', help='leave a record of the run under this folder: curves, cost, weights'
    )
    parser.add_argument('--outcome', type=Path, help='JSON file: the record, or what went wrong')
    return parser.parse_args()


@cli
def main() -> None:
    """Read the config, apply the arguments, train."""
    args = parse_args()
    from mlfo_mm.engine.peers import own_error_first  # loads torch, which takes seconds

    keep_freed_memory()
    with handing_over(args.outcome) as records, own_error_first():
        _train(args, records)


def _train(args: argparse.Namespace, records: list[Path]) -> None:
    from mlfo_mm.engine.choices import choose, fit_batch
    from mlfo_mm.engine.config import load_config
    from mlfo_mm.engine.config_values import require
    from mlfo_mm.engine.launch import missing, next_command, train
    from mlfo_mm.evaluation.pretrain_record import train_and_record
    from mmengine.dist import is_main_process

    options = dict(args.cfg_options or {})
    if args.dataset is not None:
        options['pretrain_dataset'] = args.dataset
    config = load_config(args.run, options)
    require(config)
    if args.preflight is not None:
        lines = missing(config, args.preflight)
        if lines:
            raise UserError('\nerror: '.join(lines))
        return
    choose(
        config,
        args.work_dir,
        args.dataset,
        args.seed,
        args.deterministic,
        args.amp,
        args.visualizer or (),
    )
    if args.launcher == 'none' and 'train_dataloader.batch_size' not in options:
        line = fit_batch(config)
        print(line, end='\n' if line else '')
    if args.results:
        how = (args.launcher, args.resume, args.auto_scale_lr)
        records += train_and_record(config, *how, args.results)
    else:
        train(config, args.launcher, args.resume, args.auto_scale_lr)
    if is_main_process():
        print(as_typed(f'next: {shlex.join(next_command(config))}'))


if __name__ == '__main__':
    main()
