"""Pretrain a method: ``python tools/train.py CONFIG [--work-dir DIR] [--resume] [--amp]``."""

from __future__ import annotations

import argparse
from pathlib import Path

from mlfo_mm.engine.config import load_config
from mlfo_mm.engine.config_values import OptionsAction, require
from mlfo_mm.engine.launch import missing, train, use_amp
from mlfo_mm.engine.peers import own_error_first
from mlfo_mm.errors import UserError, cli
from mlfo_mm.evaluation.pretrain_record import train_and_record
from mlfo_mm.processes import keep_freed_memory


def parse_args() -> argparse.Namespace:
    """Arguments as MMAction2's tool has them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('config', help='pretraining config, or CONFIG.py+CHANGE.py')
    parser.add_argument('--work-dir', help='default: work_dirs/<method>_<variant>_<config name>')
    parser.add_argument(
        '--resume',
        nargs='?',
        const='auto',
        help='continue from a checkpoint, by default from the newest whole one in the work directory',
    )
    parser.add_argument('--amp', action='store_true', help='bfloat16 autocast, on CPU or GPU')
    parser.add_argument('--auto-scale-lr', action='store_true', help='scale the rate to the batch')
    parser.add_argument('--seed', type=int, help='default: randomness.seed of the config')
    parser.add_argument('--deterministic', action='store_true', help='deterministic cuDNN')
    parser.add_argument('--cfg-options', nargs='+', action=OptionsAction, help='key=value ...')
    parser.add_argument('--launcher', choices=['none', 'pytorch', 'slurm', 'mpi'], default='none')
    parser.add_argument(
        '--preflight', type=int, metavar='N', help='only say what a run on N processes lacks here'
    )
    parser.add_argument(
        '--results', help='leave a record of the run under this folder: curves, cost, weights'
    )
    return parser.parse_args()


@cli
@own_error_first()
def main() -> None:
    """Read the config, apply the arguments, train."""
    args = parse_args()
    keep_freed_memory()
    config = load_config(args.config, args.cfg_options)
    require(config)
    if args.preflight is not None:
        lines = missing(config, args.preflight)
        if lines:
            raise UserError('\nerror: '.join(lines))
        return
    name = '_'.join(
        [config.get('method', 'run'), config.get('variant', ''), Path(config.filename).stem]
    )
    config.work_dir = args.work_dir or config.get('work_dir') or f'work_dirs/{name}'
    if args.seed is not None:
        config.randomness.seed = args.seed
    config.randomness.deterministic = args.deterministic or config.randomness.get(
        'deterministic', False
    )
    if args.amp:
        use_amp(config)
    if args.results:
        train_and_record(config, args.launcher, args.resume, args.auto_scale_lr, args.results)
    else:
        train(config, args.launcher, args.resume, args.auto_scale_lr)


if __name__ == '__main__':
    main()
