"""Decode every video of a data set and list those that are missing, empty, broken or too short.

Short ones are looped in training. Exit status 1: some cannot be read.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from mlfo_mm.start import cli  # first: it says what is not installed

from mlfo_mm.arguments import Parser, count
from mlfo_mm.datasets.annotation import find_dataset
from mlfo_mm.datasets.check import (
    BROKEN,
    check_videos,
    collect_videos,
    make_room,
    summarise,
    write_report,
)
from mlfo_mm.errors import printable_lines
from mlfo_mm.video.time_limit import check_limit


def parse_args() -> argparse.Namespace:
    """Parse the command line."""
    parser = Parser(__doc__, ['ucf101 --workers 8', 'mine --lists train.txt --output bad.csv'])
    parser.add_argument('dataset', help='name of the data set')
    parser.add_argument(
        '--data-root', type=Path, help='its root (default: MLFO_DATA_ROOT, then data)'
    )
    parser.add_argument('--lists', nargs='+', metavar='FILE', help='lists in it (default: all)')
    parser.add_argument(
        '--workers',
        type=count,
        default=os.cpu_count() or 1,
        help='processes (default: %(default)s)',
    )
    parser.add_argument(
        '--decode-timeout',
        type=float,
        default=60.0,
        metavar='SECONDS',
        help='after which a video counts as broken (default: %(default)g)',
    )
    parser.add_argument(
        '--min-frames',
        type=count,
        default=32,
        help='fewer frames are too short (default: %(default)s)',
    )
    parser.add_argument(
        '--output', type=Path, help='CSV file (default: work_dirs/check_videos/<dataset>.csv)'
    )
    return parser.parse_args()


@cli
def main() -> None:
    """Check the data set that the command line names."""
    args = parse_args()
    check_limit('--decode-timeout', args.decode_timeout)
    folder = find_dataset(args.dataset, args.data_root)
    report = args.output or Path('work_dirs/check_videos') / f'{folder.name}.csv'
    videos = collect_videos(folder, args.lists)
    make_room(report)
    results = check_videos(folder, videos, args.workers, args.decode_timeout, args.min_frames)
    write_report(results, report)
    print(printable_lines('\n'.join(summarise(results, folder))))
    print(f'report: {report}')
    if any(r.status in BROKEN for r in results):
        sys.exit(1)


if __name__ == '__main__':
    main()
