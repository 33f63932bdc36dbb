"""Record a run that was trained before: ``python tools/record_pretraining.py CONFIG WORK_DIR``."""

from __future__ import annotations

import argparse

from mlfo_mm.engine.config import load_config
from mlfo_mm.engine.config_values import OptionsAction, require
from mlfo_mm.engine.launch import use_amp
from mlfo_mm.errors import cli
from mlfo_mm.evaluation.pretrain_record import record_pretraining


def parse_args() -> argparse.Namespace:
    """The arguments that the run was trained with, and where the record goes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('config', help='pretraining config')
    parser.add_argument('work_dir', help='its work directory')
    parser.add_argument('--amp', action='store_true', help='it was trained with --amp')
    parser.add_argument(
        '--seed', type=int, help="of a run without a checkpoint, else the checkpoint's"
    )
    parser.add_argument('--cfg-options', nargs='+', action=OptionsAction, help='key=value ...')
    parser.add_argument('--results', default='results', help='folder of the records')
    parser.add_argument('--failed', default='', metavar='REASON', help='why it broke off')
    return parser.parse_args()


@cli
def main() -> None:
    """Read what the run left and write its record."""
    args = parse_args()
    config = load_config(args.config, args.cfg_options)
    require(config)
    if args.amp:
        use_amp(config)
    if args.seed is not None:
        config.randomness.seed = args.seed
    record, path = record_pretraining(config, args.work_dir, args.results, failed=args.failed)
    cost = ', '.join(f'{name} {value:g}' for name, value in record.cost.items())
    print(f'{record.protocol["line"]}\ncost: {cost}\nrecord: {path}')


if __name__ == '__main__':
    main()
