"""Convert weights from and to other codes; layouts are found by the names of the tensors.

import: a checkpoint of torchvision (R3D-18, S3D), a plain 3D ResNet or MLFO's released code.
export: a backbone as plain state dict or safetensors under the names of another code, or as a program
(.pt2) that torch alone runs, with every width and stride.
export takes a work directory or a run too, and means its newest checkpoint.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from mlfo_mm.start import cli  # first: it says what is not installed

from mlfo_mm.arguments import OptionsAction, Parser

WAYS = {
    'import': ('r3d_18.pth weights.pth --config mlfo/r3d18_tv@ucf101',),
    'export': ('epoch_100.pth backbone.safetensors', 'epoch_100.pth backbone.pt2'),
}


def parse_args() -> argparse.Namespace:
    """Parse the command line."""
    parser = Parser(
        __doc__, [f'{way} {example}' for way, examples in WAYS.items() for example in examples]
    )
    ways = parser.add_subparsers(dest='way', required=True)
    for way, examples in WAYS.items():
        sub = ways.add_parser(way, doc=__doc__, examples=examples)
        sub.add_argument(
            'source',
            type=Path,
            help='checkpoint, state dict or safetensors; export: or a work directory or run',
        )
        sub.add_argument('target', type=Path, help='file to write')
        sub.add_argument(
            '--layout', help='whose names its tensors have; default: they say it; none of a .pt2'
        )
        if way == 'import':
            sub.add_argument('--config', required=True, help='run that the weights are for')
            sub.add_argument('--method', help="what records call the weights; default: the run's")
            sub.add_argument('--prefix', default='', help='only tensors whose names begin so')
            sub.add_argument('--cfg-options', nargs='+', action=OptionsAction, help='key=value ...')
    return parser.parse_args()


@cli
def main() -> None:
    """Convert, and say what came of it."""
    args = parse_args()
    from mlfo_mm.engine.backbone import PROGRAM, export_program, find_checkpoint  # loads torch
    from mlfo_mm.engine.config import load_config
    from mlfo_mm.engine.convert import export_weights, import_weights

    if args.way == 'import':
        config = load_config(args.config, args.cfg_options)
        config.method = args.method or config.method
        print(import_weights(args.source, args.target, config, args.layout, args.prefix))
    elif args.target.suffix == PROGRAM:
        print(export_program(find_checkpoint(args.source), args.target))
    else:
        print(export_weights(find_checkpoint(args.source), args.target, args.layout))


if __name__ == '__main__':
    main()
