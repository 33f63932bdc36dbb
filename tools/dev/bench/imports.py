"""How long ``import mlfo_mm.components`` takes, and ``tools/make_tables.py`` on 1,000 made-up records.

The records are those of ``results/`` under other seeds. Prints seconds; last, those of the import.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path

import measure
from mlfo_mm.errors import UserError
from mlfo_mm.study.identity import experiment_id
from mlfo_mm.study.records import read_record, record_path

ROOT = Path(__file__).resolve().parents[3]
NO_TORCH = "import sys; sys.modules['torch'] = None; sys.argv.pop(0); "


def make_records(folder: Path, count: int) -> None:
    """Write so many records, each finished one of ``results/`` under several seeds."""
    paths = sorted((ROOT / 'results/records').glob('*/*.json'))
    known = [record for record in map(read_record, paths) if record.status == 'done']
    if not known:
        raise UserError('no finished record in results/: run a profile first')
    for number in range(count):
        record, seed = known[number % len(known)], 100 + number
        identity = {
            key: getattr(record, key)
            for key in ('method', 'variant', 'backbone', 'pretrain_dataset', 'task', 'dataset')
        }
        experiment = experiment_id(
            **identity, split=record.split, seed=seed, family_hash=record.family_hash
        )
        made = replace(record, seed=seed, experiment=experiment, profile='mini')
        path = record_path('mini', experiment, folder)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(asdict(made)))  # write_record would wait for the disk each time


def run(*command: str) -> None:
    """Run Python to its end, with this package."""
    environment = os.environ | dict(PYTHONPATH=str(ROOT))
    subprocess.run(
        [sys.executable, *command], check=True, env=environment, stdout=subprocess.DEVNULL
    )


def main() -> None:
    """Measure, print, store."""
    parser = measure.parser(__doc__, 'imports', repeats=3)
    parser.add_argument('--records', type=int, default=1000)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        make_records(Path(made), args.records)
        tool = str(ROOT / 'tools/make_tables.py')
        code = f'{NO_TORCH}import runpy; runpy.run_path({tool!r}, run_name="__main__")'
        sides = {
            'import mlfo_mm.components': partial(run, '-c', 'import mlfo_mm.components'),
            'import torch': partial(run, '-c', 'import torch'),
            f'tables of {args.records} records, torch barred': partial(
                run, '-c', code, tool, '--profile', 'mini', '--results', made
            ),
        }
        times = measure.take_turns(sides, args)
    measure.finish(
        args, {f'seconds, {side}': times.median(side) for side in sides}, **times.as_dict()
    )


if __name__ == '__main__':
    main()
