"""Make the embedded synthetic data set: 8 motion classes and 6 appearance classes, same videos."""

from __future__ import annotations

import argparse

from mlfo_mm.datasets.synthetic import make_synthetic
from mlfo_mm.errors import cli


def parse_args() -> argparse.Namespace:
    """What to make."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    parser.add_argument('--out', default='data', help='folder of data sets')
    parser.add_argument('--num-train', type=int, default=480, help='training clips')
    parser.add_argument('--num-test', type=int, default=160, help='test clips')
    parser.add_argument('--seed', type=int, default=0)
    parser.add_argument(
        '--size', type=int, nargs=2, default=(128, 96), metavar=('W', 'H'), help='of a frame'
    )
    parser.add_argument('--min-frames', type=int, default=48, help='length of the shortest clip')
    parser.add_argument('--max-frames', type=int, default=64, help='length of the longest clip')
    parser.add_argument('--workers', type=int, help='processes (default: all cores)')
    parser.add_argument('--force', action='store_true', help='make it anew, whatever is there')
    parser.add_argument('--quiet', action='store_true', help='errors only')
    return parser.parse_args()


@cli
def main() -> None:
    """Make the set, or say that it is there."""
    args = parse_args()
    make_synthetic(
        args.out,
        num_train=args.num_train,
        num_test=args.num_test,
        seed=args.seed,
        size=tuple(args.size),
        workers=args.workers,
        progress=not args.quiet,
        min_frames=args.min_frames,
        max_frames=args.max_frames,
        force=args.force,
    )


if __name__ == '__main__':
    main()
