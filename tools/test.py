"""Test a trained classifier, whose config evaluate.py wrote beside it."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from mlfo_mm.start import cli  # first: it says what is not installed

from mlfo_mm.arguments import OptionsAction, Parser
from mlfo_mm.errors import UserError
from mlfo_mm.processes import keep_freed_memory


def parse_args() -> argparse.Namespace:
    """Arguments as MMAction2's tool has them."""
    parser = Parser(__doc__, ['classifier.py epoch_20.pth --dump scores.pkl'])
    parser.add_argument(
        'config',
        help='config with a test_dataloader, as classifier.py in the folder of a finetuned model',
    )
    parser.add_argument('checkpoint', help='checkpoint of the whole classifier')
    parser.add_argument('--work-dir', help="default: the checkpoint's folder")
    parser.add_argument('--dump', help='pickle file for the predictions')
    parser.add_argument('--amp', action='store_true', help='bfloat16 autocast')
    parser.add_argument('--cfg-options', nargs='+', action=OptionsAction, help='key=value ...')
    parser.add_argument('--launcher', choices=['none', 'pytorch', 'slurm', 'mpi'], default='none')
    return parser.parse_args()


@cli
def main() -> None:
    """Load the classifier, test it, print its metrics."""
    args = parse_args()
    from mlfo_mm.engine.peers import own_error_first  # loads torch, which takes seconds

    keep_freed_memory()
    with own_error_first():
        _test(args)


def _test(args: argparse.Namespace) -> None:
    from mlfo_mm.engine.checkpoints import differences, read_checkpoint, tensors_of
    from mlfo_mm.engine.config import load_config
    from mlfo_mm.engine.launch import prepare_work_dir
    from mlfo_mm.engine.starters import start_processes
    from mmengine.evaluator import DumpResults
    from mmengine.runner import Runner

    config = load_config(args.config, args.cfg_options)
    if config.get('test_dataloader') is None:
        raise UserError(
            f'{args.config} has no test_dataloader: a pretraining config is evaluated with '
            'tools/evaluate.py CONFIG CHECKPOINT --task linear_probe|finetune|retrieval'
        )
    state = tensors_of(read_checkpoint(Path(args.checkpoint)))
    if not any(key.startswith('cls_head.') for key in state):
        raise UserError(
            f'{args.checkpoint}: no head in this checkpoint; run tools/evaluate.py with '
            '--task linear_probe or finetune first'
        )
    config.work_dir = str(prepare_work_dir(args.work_dir or Path(args.checkpoint).parent))
    config.load_from = args.checkpoint
    if args.amp:
        config.test_cfg.fp16 = True  # autocast; bfloat16 on the CPU
    start_processes(config, args.launcher)
    runner = Runner.from_cfg(config)
    found = differences(getattr(runner.model, 'module', runner.model).state_dict(), state)
    if found:
        raise UserError(f'{args.checkpoint} does not fit {args.config}: {found}')
    if args.dump:
        runner.test_evaluator.metrics.append(DumpResults(out_file_path=args.dump))
    runner.test()


if __name__ == '__main__':
    main()
