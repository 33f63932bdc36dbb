"""Record a run that was trained before."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from mlfo_mm.start import cli  # first: it says what is not installed

from mlfo_mm.arguments import Parser
from mlfo_mm.handover import handing_over


def parse_args() -> argparse.Namespace:
    """Parse the command line."""
    parser = Parser(__doc__, ['work_dirs/mlfo/r3d18@mini'])
    parser.add_argument('work_dir', help='of the run; its last checkpoint carries the config')
    parser.add_argument('--results', default='results', help='folder of the records')
    parser.add_argument('--outcome', type=Path, help='JSON file: the record, or what went wrong')
    return parser.parse_args()


@cli
def main() -> None:
    """Read what the run left and write its record."""
    args = parse_args()
    from mlfo_mm.evaluation.pretrain_record import record_pretraining  # loads torch

    with handing_over(args.outcome) as records:
        record, path = record_pretraining(args.work_dir, args.results)
        records.append(path)
    cost = ', '.join(f'{name} {value:g}' for name, value in record.cost.items())
    print(f'{record.protocol["line"]}\ncost: {cost}\nrecord: {path}')


if __name__ == '__main__':
    main()
