"""Show how a backbone orders the videos of a test list: a map, and nearest neighbours.

The map has a point for each test video, coloured by class, from the features that retrieval compares
(the mean of a video's clips, by cosine). The sheet has some test videos beside the training videos that
are nearest to them, hits marked. The files hold the coordinates, and the neighbours of all videos.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from mlfo_mm.start import cli  # first: it says what is not installed

from mlfo_mm.arguments import Parser, add_weights, count, seed
from mlfo_mm.errors import printable_lines
from mlfo_mm.study.identity import NO_CHECKPOINT
from mlfo_mm.study.tasks import LEVELS

WAYS = ('tsne', 'pca', 'umap')
EXAMPLES = (
    'work_dirs/mlfo/r3d18@mini-mine',
    'mlfo/r3d18@mini none --dataset mine --level mid --method pca',
)


def parse_args() -> argparse.Namespace:
    """Parse the command line."""
    parser = Parser(__doc__, EXAMPLES)
    add_weights(parser, NO_CHECKPOINT)
    parser.add_argument('--dataset', metavar='NAME', help='default: the one that it was trained on')
    parser.add_argument('--split', type=count, default=1)
    parser.add_argument('--level', choices=LEVELS, default=LEVELS[-1], help='default: %(default)s')
    parser.add_argument('--method', choices=WAYS, default=WAYS[0], help='default: %(default)s')
    parser.add_argument('--topk', type=count, default=5, help='neighbours (default: %(default)s)')
    parser.add_argument('--queries', type=count, default=8, help='shown (default: %(default)s)')
    parser.add_argument('--seed', type=seed, help="default: the checkpoint's own, else 0")
    parser.add_argument('--work-dir', default='work_dirs/evaluate', help='for features')
    parser.add_argument('--output', type=Path, default=Path('embed'), help='default: %(default)s')
    return parser.parse_args()


@cli
def main() -> None:
    """Embed the test list and write the pictures."""
    args = parse_args()
    from mlfo_mm.evaluation.embedding import embed  # these load torch
    from mlfo_mm.evaluation.request import Request, own_dataset, weights_of
    from mlfo_mm.evaluation.trial import prepare
    from mlfo_mm.files import make_writable, write_atomic
    from mlfo_mm.reporting.figures import embedding as figures

    run, checkpoint = weights_of(args.checkpoint)
    dataset = args.dataset or own_dataset(run, checkpoint)
    where = dict(split=args.split, seed=args.seed, work_dir=args.work_dir)
    trial = prepare(Request(checkpoint, 'retrieval', dataset, run, **where))
    make_writable(args.output, 'the pictures in', '--output')
    print(trial.weights.line)
    found = embed(trial, args.level, args.method, args.topk, args.queries)
    about = trial.about()
    named = (about['method'], about['variant'], about['backbone'], about['pretrain_dataset'])
    title = figures.title_of(*named, dataset, args.level, args.method)
    crop = trial.geometry.crop_size / trial.geometry.short_side
    queries = [figures.query_of(dataset, item, crop) for item in found.queries]
    rows = [
        (
            video,
            trial.classes[own],
            rank,
            near,
            trial.classes[label],
            int(label == own),
            round(like, 4),
        )
        for video, own, close in zip(found.videos, found.labels, found.neighbours, strict=True)
        for rank, (near, label, like) in enumerate(close, 1)
    ]
    sheet, absent = figures.neighbour_files(queries, args.level, rows)
    chart = figures.map_files(found.points, found.labels, trial.classes, found.videos, title)
    for stem, files in ((f'map_{args.level}_{args.method}', chart), (f'near_{args.level}', sheet)):
        for suffix, data in files.items():
            print(write_atomic(args.output / f'{stem}.{suffix}', data))
    print(printable_lines('\n'.join(absent)), end='\n' if absent else '')
    first, all_of_them = found.found
    count = len(found.neighbours[0])  # of a small training list all
    print(f'{first:.1f} % of the nearest and {all_of_them:.1f} % of the {count} nearest are hits')


if __name__ == '__main__':
    main()
