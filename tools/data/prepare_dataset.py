"""Bring a data set into the standard layout: classes.txt and train/test lists in <root>/<name>.

Videos are neither copied nor changed.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from mlfo_mm.start import cli  # first: it says what is not installed

from mlfo_mm.arguments import Parser, seed
from mlfo_mm.datasets.annotation import dataset_home
from mlfo_mm.datasets.prepare import next_steps, write_dataset
from mlfo_mm.datasets.prepare_folder import prepare_folder
from mlfo_mm.datasets.prepare_official import (
    prepare_hmdb51,
    prepare_kinetics400,
    prepare_ucf101,
)
from mlfo_mm.errors import printable_lines

EXAMPLES = dict(
    ucf101='',
    hmdb51='--videos /disk/hmdb51_org',
    kinetics400='',
    folder=r"--name mine --videos /disk/mine --group-regex 'subject(\d+)'",
)


def parse_args() -> argparse.Namespace:
    """Parse the command line."""
    parser = Parser(__doc__, [f'{kind} {each}' for kind, each in EXAMPLES.items()])
    kinds = parser.add_subparsers(
        dest='kind', required=True, metavar='{ucf101,hmdb51,kinetics400,folder}'
    )
    for kind, text in (
        ('ucf101', 'three official splits; videos in UCF-101/, lists in ucfTrainTestlist/'),
        (
            'hmdb51',
            'three official splits; videos in videos/, lists in testTrainMulti_7030_splits/',
        ),
        ('kinetics400', 'train/ and val/ class folders, or the official CSV files'),
        (
            'folder',
            'any folder of class folders, split at random with groups kept whole; without class '
            'folders, a set to pretrain on',
        ),
    ):
        sub = kinds.add_parser(kind, help=text, doc=text, examples=[EXAMPLES[kind]])
        sub.add_argument(
            '--data-root',
            type=Path,
            help='root of the data sets (default: MLFO_DATA_ROOT, then data)',
        )
        if kind == 'folder':
            sub.add_argument('--name', required=True, help='name of the data set')
        else:
            sub.set_defaults(name=kind)
        sub.add_argument(
            '--videos', type=Path, help='folder of the videos, if not in <root>/<name>'
        )
        sub.add_argument('--overwrite', action='store_true', help='replace lists that differ')
        if kind != 'folder':
            sub.add_argument('--splits', type=Path, help='folder of the official lists')
        if kind in ('ucf101', 'hmdb51'):
            sub.add_argument(
                '--allow-missing',
                action='store_true',
                help='leave out listed videos that are not there',
            )
        if kind == 'folder':
            sub.add_argument(
                '--group-regex',
                help=r"finds a video's group (a subject, a source) in its path, such as "
                r"'subject(\d+)'; names like v_Jump_g08_c01 and Kinetics' are known without it",
            )
            sub.add_argument(
                '--unlabelled',
                action='store_true',
                help='folders are no classes: only to pretrain on',
            )
            sub.add_argument(
                '--test-fraction',
                type=float,
                default=0.3,
                help='share of the test list (default: %(default)s)',
            )
            sub.add_argument(
                '--seed',
                type=seed,
                default=0,
                help='seed of the random split (default: %(default)s)',
            )
    return parser.parse_args()


@cli
def main() -> None:
    """Prepare the data set that the command line names."""
    args = parse_args()
    folder = dataset_home(args.name, args.data_root)
    if args.kind == 'ucf101':
        prepared = prepare_ucf101(folder, args.videos, args.splits, args.allow_missing)
    elif args.kind == 'hmdb51':
        prepared = prepare_hmdb51(folder, args.videos, args.splits, args.allow_missing)
    elif args.kind == 'kinetics400':
        prepared = prepare_kinetics400(folder, args.videos, args.splits)
    else:
        how = (args.group_regex, args.test_fraction, args.seed, args.unlabelled)
        prepared = prepare_folder(folder, args.videos, *how)
    print(printable_lines('\n'.join(write_dataset(folder, prepared, args.overwrite))))
    print('\n'.join(next_steps(args.name, args.data_root, own=args.kind == 'folder')))


if __name__ == '__main__':
    main()
