"""Make the embedded set of moving digits: 8 motion classes and 10 digits, over the same videos.

Where MLFO_FRAME_CACHE names a folder, their decoded frames are stored there too.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from mlfo_mm.start import cli  # first: it says what is not installed

from mlfo_mm.arguments import Parser, count, natural, seed
from mlfo_mm.datasets.check import collect_videos
from mlfo_mm.datasets.digits import Settings, make_digits
from mlfo_mm.datasets.digits_scenes import BACKGROUNDS, Look
from mlfo_mm.datasets.frame_cache import build, cache_folder
from mlfo_mm.study.profiles import DIGITS

EXAMPLES = ('', '--data-root /disk/data --num-train 2000 --colour --background texture')


def parse_args() -> argparse.Namespace:
    """What to make."""
    parser = Parser(__doc__, EXAMPLES)
    usual = Settings()
    parser.add_argument('--data-root', default='data', help='root of the data sets')
    parser.add_argument('--num-train', type=count, default=usual.num_train, help='training clips')
    parser.add_argument('--num-test', type=count, default=usual.num_test, help='test clips')
    parser.add_argument('--seed', type=seed, default=usual.seed)
    parser.add_argument(
        '--size', type=count, nargs=2, default=usual.size, metavar=('W', 'H'), help='of a frame'
    )
    parser.add_argument(
        '--min-frames', type=count, default=usual.min_frames, help='length of the shortest clip'
    )
    parser.add_argument(
        '--max-frames', type=count, default=usual.max_frames, help='length of the longest clip'
    )
    look = parser.add_argument_group('how hard it is (lengths in pixels of a frame 36 high)')
    look.add_argument('--colour', action='store_true', help='a colour for each digit, not white')
    look.add_argument(
        '--background', choices=BACKGROUNDS, default=usual.look.background, help='of each clip'
    )
    look.add_argument(
        '--noise', type=float, default=usual.look.noise, help='standard deviation in grey levels'
    )
    look.add_argument(
        '--grain', type=float, default=usual.look.grain, help='blur of the noise: 0 is fine'
    )
    look.add_argument(
        '--shake', type=float, default=usual.look.shake, help='standard deviation of the camera'
    )
    look.add_argument(
        '--distractors', type=natural, default=usual.look.distractors, help='wandering blobs a clip'
    )
    parser.add_argument('--workers', type=count, help='processes; default: all cores')
    parser.add_argument('--overwrite', action='store_true', help='make it anew, whatever is there')
    parser.add_argument('--quiet', action='store_true', help='errors only')
    return parser.parse_args()


@cli
def main() -> None:
    """Make the set, or say that it is there."""
    args = parse_args()
    look = Look(args.colour, args.background, args.noise, args.grain, args.shake, args.distractors)
    settings = Settings(
        num_train=args.num_train,
        num_test=args.num_test,
        seed=args.seed,
        size=tuple(args.size),
        min_frames=args.min_frames,
        max_frames=args.max_frames,
        look=look,
    )
    make_digits(
        args.data_root,
        settings,
        workers=args.workers,
        progress=not args.quiet,
        overwrite=args.overwrite,
    )
    folder = cache_folder()
    if folder is not None:
        from mlfo_mm.datasets.transforms.decode import decode_all  # needs torch

        root = Path(args.data_root, DIGITS[0]).absolute()
        videos = [root / video for video in collect_videos(root)]
        build(folder, videos, decode_all, args.workers or os.cpu_count() or 1, progress=False)


if __name__ == '__main__':
    main()
