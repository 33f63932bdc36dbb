"""Evaluate a pretrained backbone.

CHECKPOINT is a file, or the work directory of a training, whose last epoch counts. It carries the
config that it was trained with; a run named before it is compared with that. ``RUN none`` takes random
weights, which finetune trains from scratch. The protocol is ``configs/tasks/<task>.py`` under the run's
profile; the result is a record for each task and data set under ``<results>/records/<profile>/``. One
that fails does not stop the others; its record says why, and the exit status is not 0.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from mlfo_mm.start import cli  # first: it says what is not installed
from mlfo_mm.arguments import OptionsAction, Parser, add_weights, count, seed
from mlfo_mm.video.time_limit import check_limit
from mlfo_mm.handover import handing_over
from mlfo_mm.processes import keep_freed_memory
from mlfo_mm.study.identity import NO_CHECKPOINT
from mlfo_mm.study.tasks import TASKS

EXAMPLES = (
    'work_dirs/mlfo/r3d18@demo --task retrieval',
    'epoch_100.pth --task linear_probe finetune --dataset ucf101 hmdb51',
    'mlfo/r3d18@demo none --task finetune',
)


def parse_args() -> argparse.Namespace:
    """Arguments, in MMAction2's manner."""
    parser = Parser(__doc__, EXAMPLES)
    add_weights(parser, NO_CHECKPOINT)
    parser.add_argument('--task', required=True, nargs='+', choices=TASKS)
    parser.add_argument(
        '--dataset', nargs='+', metavar='NAME', help='default: the one that it was trained on'
    )
    parser.add_argument('--split', type=count, default=1)
    parser.add_argument('--seed', type=seed, help="default: the checkpoint's own, else 0")
    parser.add_argument('--amp', action='store_true', help='bfloat16 autocast, on CPU or GPU')
    parser.add_argument(
        '--average',
        choices=['prob', 'score'],
        help="over a video's clips: mean softmax or mean logits; default: the protocol's (prob)",
    )
    parser.add_argument('--skip-broken', action='store_true', help='count broken videos, go on')
    parser.add_argument(
        '--decode-timeout',
        type=float,
        default=60.0,
        metavar='SECONDS',
        help='after which a video counts as broken (default: %(default)g)',
    )
    parser.add_argument('--work-dir', default='work_dirs/evaluate', help='for features and models')
    parser.add_argument('--reuse', action='store_true', help='take records that are there')
    parser.add_argument('--results', default='results', help='folder of the records')
    parser.add_argument('--outcome', type=Path, help='JSON file: records, or what went wrong')
    parser.add_argument(
        '--cfg-options',
        nargs='+',
        action=OptionsAction,
        help='key=value ...: keys of the protocol, else of the clips and of the run',
    )
    return parser.parse_args()


@cli
def main() -> None:
    """Evaluate and print the numbers with their protocol."""
    args = parse_args()
    with handing_over(args.outcome) as records:
        _evaluate(args, records)


def _evaluate(args: argparse.Namespace, records: list[Path]) -> None:
    check_limit('--decode-timeout', args.decode_timeout)
    from mlfo_mm.evaluation.evaluate import evaluate_aloud  # these load torch
    from mlfo_mm.evaluation.request import Request, own_dataset, weights_of

    keep_freed_memory()
    run, checkpoint = weights_of(args.checkpoint)
    datasets = args.dataset or [own_dataset(run, checkpoint)]
    requests = [
        Request(
            checkpoint=checkpoint,
            task=task,
            dataset=dataset,
            run=run,
            split=args.split,
            seed=args.seed,
            amp=args.amp,
            work_dir=args.work_dir,
            skip_broken=args.skip_broken,
            decode_timeout=args.decode_timeout,
            average=args.average,
            options=args.cfg_options or {},
        )
        for dataset in dict.fromkeys(datasets)
        for task in dict.fromkeys(args.task)
    ]
    evaluate_aloud(requests, args.results, args.reuse, records)


if __name__ == '__main__':
    main()
