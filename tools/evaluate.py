"""Evaluate a pretrained backbone: ``python tools/evaluate.py CONFIG CHECKPOINT --task T --dataset D``.

The protocol is that of ``configs/downstream/<task>_<profile>.py``; the result is a record under
``<results>/records/<profile>/``.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from mlfo_mm.errors import cli
from mlfo_mm.evaluation.evaluate import evaluate, summary
from mlfo_mm.evaluation.job import TASKS, Request
from mmengine.config import DictAction

CONFIGS = Path(__file__).resolve().parent.parent / 'configs' / 'downstream'


def parse_args() -> argparse.Namespace:
    """Arguments, in MMAction2's manner."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('config', help='pretraining config')
    parser.add_argument(
        'checkpoint',
        nargs='?',
        help='its checkpoint; none: random weights (linear_probe, retrieval), from scratch (finetune)',
    )
    parser.add_argument('--checkpoint', dest='checkpoint_option', help='the same, as an option')
    parser.add_argument('--task', required=True, choices=TASKS)
    parser.add_argument('--dataset', required=True, help='name of a data set')
    parser.add_argument('--split', type=int, default=1)
    parser.add_argument('--seed', type=int, help="default: the checkpoint's own, else 0")
    parser.add_argument('--amp', action='store_true', help='bfloat16 autocast, on CPU or GPU')
    parser.add_argument(
        '--average',
        choices=['prob', 'score'],
        help="over a video's clips: mean softmax or mean logits; default: the config's (prob)",
    )
    parser.add_argument(
        '--skip-broken', action='store_true', help='pass over broken videos and count them'
    )
    parser.add_argument(
        '--work-dir', default='work_dirs/evaluate', help='for features and finetuned models'
    )
    parser.add_argument('--results', default='results', help='folder of the records')
    parser.add_argument(
        '--cfg-options',
        nargs='+',
        action=DictAction,
        help='key=value ...: keys of the downstream config, else of the pretraining config',
    )
    args = parser.parse_args()
    if (args.checkpoint is None) == (args.checkpoint_option is None):
        parser.error('give CHECKPOINT once: a file, or none for random weights')
    return args


@cli
def main() -> None:
    """Evaluate and print the numbers with their protocol."""
    args = parse_args()
    request = Request(
        config=args.config,
        checkpoint=args.checkpoint or args.checkpoint_option,
        task=args.task,
        dataset=args.dataset,
        config_dir=CONFIGS,
        split=args.split,
        seed=args.seed,
        amp=args.amp,
        work_dir=args.work_dir,
        skip_broken=args.skip_broken,
        average=args.average,
        options=args.cfg_options or {},
    )
    record, path = evaluate(request, args.results)
    print(summary(record))
    print(f'record: {path}')


if __name__ == '__main__':
    main()
