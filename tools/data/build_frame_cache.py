"""Decode the videos of data sets once, into the folder that MLFO_FRAME_CACHE names.

Training and evaluation take the stored frames, pixel for pixel what decoding gives, wherever that
variable is set; what is not there is decoded. For small sets: a second of 170 x 128 at 25 frames
is 1.6 MB. Frames of a --short-side serve where the pipeline asks for that one (OpenVideo's short_side):
in evaluation, that of the config. Exit status 1: some videos could not be decoded.
"""

from __future__ import annotations

import argparse
import os
import sys
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from mlfo_mm.start import cli  # first: it says what is not installed

from mlfo_mm.arguments import Parser, count
from mlfo_mm.datasets.annotation import find_dataset
from mlfo_mm.datasets.check import collect_videos
from mlfo_mm.datasets.frame_cache import VARIABLE, build, cache_folder
from mlfo_mm.video.time_limit import check_limit
from mlfo_mm.errors import UserError, printable_lines


def parse_args() -> argparse.Namespace:
    """Parse the command line."""
    parser = Parser(__doc__, ['tennis7 arid6', 'ucf101 --short-side 128 --workers 16'])
    parser.add_argument('datasets', nargs='+', help='names of data sets')
    parser.add_argument('--data-root', type=Path, help='default: MLFO_DATA_ROOT, then data')
    parser.add_argument('--workers', type=count, default=os.cpu_count() or 1, help='processes')
    parser.add_argument('--short-side', type=count, help='scale frames down to it; default: whole')
    parser.add_argument('--verify', action='store_true', help='hash what is there already')
    parser.add_argument(
        '--decode-timeout',
        type=float,
        default=60.0,
        metavar='SECONDS',
        help='after which a video counts as broken (default: %(default)g)',
    )
    return parser.parse_args()


@cli
def main() -> None:
    """Build the cache of the data sets that the command line names."""
    args = parse_args()
    from mlfo_mm.datasets.transforms.decode import decode_all  # loads torch, which takes seconds

    folder = cache_folder()
    if folder is None:
        raise UserError(f'set {VARIABLE} to a folder with room for the frames')
    videos: dict[Path, None] = {}
    for name in args.datasets:
        root = find_dataset(name, args.data_root)
        videos |= dict.fromkeys(root.absolute() / path for path in collect_videos(root))
    check_limit('--decode-timeout', args.decode_timeout)
    side = args.short_side
    if side is not None and side < 1:
        raise UserError(f'--short-side {side}: at least 1')
    decode = partial(decode_all, timeout=args.decode_timeout, short_side=side)
    built = build(folder, videos, decode, args.workers, args.verify, short_side=side)
    for path, reason in list(built.failed.items())[:20]:
        print(printable_lines(f'failed: {path}: {reason}'))
    print(
        f'{len(videos):,} videos: {built.new:,} stored, {built.old:,} there before, '
        f'{len(built.failed):,} failed; {built.size / 1e9:.2f} GB in {folder}'
    )
    if built.failed:
        sys.exit(1)


if __name__ == '__main__':
    main()
