"""Whether everything runs on this machine's GPU, and how fast: one command, under 12 minutes.

Parts, in the order of their value: ``agree`` (the GPU computes what the CPU computes), ``speed``, ``data``,
``several`` (as many processes as GPUs), ``plan`` (the demo, with what time is left). Each runs in a process
of its own with a time limit, prints a line a check, and the next one begins where one fails. All findings
go to a JSON with the card's name. Exit status 1: something failed.

``--device cpu --quick`` tries the command itself, without a GPU, in seconds.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from mlfo_mm.start import cli  # first: it says what is not installed

from mlfo_mm.errors import UserError

import torch
from gpu.report import Report, Setting, read

from mlfo_mm.datasets.digits import Settings, make_digits
from mlfo_mm.study.provenance import provenance

BUDGET = 700.0  # seconds of all parts
LIMITS = dict(agree=240.0, speed=200.0, data=90.0, several=60.0, plan=BUDGET)


def parse_args() -> argparse.Namespace:
    """What to do, on what, and where findings go."""
    parser = argparse.ArgumentParser(description=__doc__.partition('\n')[0])
    parser.add_argument('--device', choices=['cuda', 'cpu'], default='cuda')
    parser.add_argument('--quick', action='store_true', help='smallest sizes: does it run?')
    parser.add_argument('--parts', nargs='+', choices=list(LIMITS), default=list(LIMITS))
    parser.add_argument('--budget', type=float, default=BUDGET, help='seconds of all parts')
    parser.add_argument('--json', type=Path, help='default: results/bench/gpu_<card>.json')
    parser.add_argument('--one', nargs=2, metavar=('PART', 'FOLDER'), help=argparse.SUPPRESS)
    parser.add_argument('--seconds', type=float, default=BUDGET, help=argparse.SUPPRESS)
    return parser.parse_args()


@cli
def main() -> None:
    """Run the parts; store what they found."""
    args = parse_args()
    if args.device == 'cuda' and not torch.cuda.is_available():
        raise UserError('no GPU here: --device cpu --quick tries the command itself')
    if args.one:
        run_part(args.one[0], Path(args.one[1]), args, args.seconds)
        return
    card = torch.cuda.get_device_name() if args.device == 'cuda' else 'cpu'
    path = args.json or Path('results/bench', f'gpu_{re.sub("[^a-z0-9]+", "_", card.lower())}.json')
    begun = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        make_digits(folder, Settings(num_train=16, num_test=8), workers=1, progress=False)
        os.environ['MLFO_DATA_ROOT'] = folder
        found: list[dict[str, Any]] = []
        for part in args.parts:
            limit = min(LIMITS[part], args.budget - (time.monotonic() - begun))
            found += outcome(part, Path(folder), args, limit)
    count = torch.cuda.device_count() if args.device == 'cuda' else 0
    facts = dict(device=card, quick=args.quick, seconds=time.monotonic() - begun, findings=found)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(facts | provenance([card] * count), indent=1, default=str) + '\n')
    bad = [each for each in found if each['status'] == 'failed']
    passed = sum(each['status'] == 'ok' for each in found)
    print(f'{passed} of {len(found)} checks passed: {path}')
    sys.exit(1 if bad else 0)


def outcome(
    part: str, folder: Path, args: argparse.Namespace, limit: float
) -> list[dict[str, Any]]:
    """Findings of a part, and how it ended where it did not end well."""
    if limit <= 0:
        print(f'{part}: no time left')
        return [dict(part=part, check='whole', status='no time')]
    command = [sys.executable, __file__, '--device', args.device]
    command += ['--one', part, str(folder), '--seconds', str(limit)]
    why = ''
    try:
        if args.quick:  # in this process: it is imported
            run_part(part, folder, args, limit)
            return read(folder / f'{part}.jsonl')
        status = ended(command, limit)
        why = f'exit status {status}' if status else ''
    except subprocess.TimeoutExpired:
        why = f'not done in {limit:.0f} s'
    except Exception as error:
        why = f'{type(error).__name__}: {error}'
    found = read(folder / f'{part}.jsonl')
    if why:
        print(f'{part}: failed: {why}')
        found.append(dict(part=part, check='whole', status='failed', why=why))
    return found


def ended(command: list[str], limit: float) -> int:
    """Exit status of a command; beyond its time it is ended with all that it started."""
    with subprocess.Popen(command, start_new_session=True) as process:
        try:
            return process.wait(limit)
        except BaseException:  # Ctrl-C too: the session of its own does not get it
            os.killpg(process.pid, signal.SIGKILL)
            raise


def run_part(part: str, folder: Path, args: argparse.Namespace, limit: float) -> None:
    """One part, in this process."""
    report = Report(part, folder / f'{part}.jsonl', time.monotonic() + limit - 5)
    own = folder / part
    own.mkdir()
    importlib.import_module(f'gpu.{part}').main(report, Setting(args.device, args.quick, own))


if __name__ == '__main__':
    main()
