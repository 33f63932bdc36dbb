"""Show what the network sees of a run's videos: its views after augmentation, as a sheet or a GIF.

Rows are videos at equal distances in the training list, columns the views with their frames. They are
normalised as in training and shown as pictures again. Above a view of a pretext task stands its answer.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from mlfo_mm.start import cli  # first: it says what is not installed

from mlfo_mm.arguments import OptionsAction, Parser, count, natural, seed
from mlfo_mm.errors import printable_lines

EXAMPLES = (
    'mlfo/r3d18@mini --dataset mine',
    'pace/r3d18@demo+device_augmentation --count 4 --output pace.gif',
)


def parse_args() -> argparse.Namespace:
    """Parse the command line."""
    parser = Parser(__doc__, EXAMPLES)
    parser.add_argument('run', help='METHOD/BACKBONE@PROFILE+VARIANT, or a config file')
    parser.add_argument('--dataset', metavar='NAME', help="in place of the run's own")
    parser.add_argument('--count', type=count, default=6, help='videos (default: %(default)s)')
    parser.add_argument('--epoch', type=natural, default=0, help='whose draws, from 0')
    parser.add_argument('--seed', type=seed, help='default: randomness.seed of the config')
    parser.add_argument(
        '--output', type=Path, default=Path('views.png'), metavar='FILE.png|.gif',
        help='default: %(default)s',
    )  # fmt: skip
    parser.add_argument('--cfg-options', nargs='+', action=OptionsAction, help='key=value ...')
    args = parser.parse_args()
    if args.output.suffix.lower() not in ('.png', '.gif'):
        parser.error(f'--output {args.output}: a file that ends with .png or .gif')
    return args


@cli
def main() -> None:
    """Draw the views and say what they are."""
    args = parse_args()
    from mlfo_mm.engine.config import load_config  # loads torch, which takes seconds
    from mlfo_mm.engine.config_values import require
    from mlfo_mm.engine.views import views_of
    from mlfo_mm.files import write_atomic
    from mlfo_mm.reporting.figures.views import Row, animation, sheet

    options = dict(args.cfg_options or {})
    if args.dataset is not None:
        options['pretrain_dataset'] = args.dataset
    config = load_config(args.run, options)
    require(config)
    if args.seed is not None:
        config.randomness.seed = args.seed
    rows = []
    for views in views_of(config, args.count, args.epoch):
        clips = len(views.pictures)
        answers = [f'answer {answer}' for answer in views.answers]
        texts = [*answers, *[''] * (clips - len(answers))]
        rows.append(Row(views.label, tuple(texts), views.pictures))
        print(printable_lines(f'{views.video} ({views.label})'), *(f'{a};' for a in answers))
    videos, (clips, length, height, width, _) = len(rows), rows[0].clips.shape
    draw = animation if args.output.suffix.lower() == '.gif' else sheet
    write_atomic(args.output, draw(rows))
    print(f'{args.output}: {videos} videos, {clips} views of {length} x {height} x {width}')


if __name__ == '__main__':
    main()
