"""Kill -9 at random moments, start again, and compare with an undisturbed run, bit for bit.

After a kill every finished file must be whole; the same command started again must end with the
weights, metrics, frames and tables of the undisturbed run. Smoke size; exit code 1: a difference.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from mlfo_mm.benchmark.state import die_with_parent
from mlfo_mm.datasets.synthetic import make_synthetic
from mlfo_mm.engine.checkpoints import read_checkpoint, tensors_of
import numpy as np

ROOT = Path(__file__).resolve().parents[2]
SMOKE = 'configs/simclr/r3d18_smoke.py'
EVALUATE = f'tools/evaluate.py {SMOKE} none --dataset synthetic_motion --work-dir {{0}}/work'
RUNNER = 'tools/benchmark.py run --profile smoke --methods moco --data synthetic_motion'
COMMANDS = {
    'pretrain': f'tools/train.py {SMOKE} --work-dir {{0}}/run',
    'probe': f'{EVALUATE} --results {{0}}/results --task linear_probe',
    'finetune': f'{EVALUATE} --results {{0}}/results --task finetune',
    'cache': 'tools/data/build_frame_cache.py synthetic_motion --workers 2',
    'tables': 'tools/make_tables.py --profile demo --results {0}/results',
    'runner': f'{RUNNER} --tasks retrieval --work-dir {{0}}/work --results {{0}}/results',
}


def start(kind: str, folder: Path, data: Path) -> subprocess.Popen:
    """The command of a kind in a process group of its own, resumed where there is something."""
    command = [sys.executable, *COMMANDS[kind].format(folder).split()]
    command += ['--resume'] if list(folder.glob('run/epoch_*.pth')) else []
    environment = os.environ | dict(PYTHONPATH=str(ROOT), MLFO_DATA_ROOT=str(data))
    environment['MLFO_FRAME_CACHE'] = str(folder / 'frames') if kind == 'cache' else ''
    with (folder / 'log').open('ab') as log:
        how = dict(cwd=ROOT, env=environment, stdout=log, stderr=log, start_new_session=True)
        return subprocess.Popen(command, preexec_fn=die_with_parent, **how)


def products(folder: Path) -> dict[str, str]:
    """Hash of what each finished file says, times left out; half a file is an error."""
    found = {}
    for name in sorted(p.relative_to(folder) for p in folder.rglob('*') if p.name[0] != '.'):
        path, parts = folder / name, []
        if path.suffix == '.pth':
            parts = [v.numpy().tobytes() for v in tensors_of(read_checkpoint(path)).values()]
        elif path.suffix == '.npz':
            parts = [array.tobytes() for array in np.load(path).values()]
        elif 'records' in name.parts and path.is_file():
            record = json.loads(path.read_text())
            parts = [repr(record[key]).encode() for key in ('metrics', 'n_samples', 'status')]
        elif name.parts[0] in ('results', 'frames') and path.is_file():
            parts = [path.read_bytes()]
            if path.suffix == '.json':
                assert json.loads(parts[0])['bytes'] == path.with_suffix('.npy').stat().st_size
        if parts:
            found[str(name)] = hashlib.sha256(b'|'.join(parts)).hexdigest()
    return found


def finish(kind: str, folder: Path, data: Path) -> float:
    """Run to the end; seconds that it took."""
    begin = time.monotonic()
    if start(kind, folder, data).wait():
        sys.exit((folder / 'log').read_text()[-2000:])
    return time.monotonic() - begin


def check(kind: str, folder: Path, points: int, seed: int, data: Path) -> int:
    """Kill a kind at so many points; how often the end was another."""
    places = [folder / name for name in ('whole', *map(str, range(points)))]
    for place in places:
        place.mkdir(parents=True)
        if kind == 'tables':
            shutil.copytree(ROOT / 'results/records/demo', place / 'results/records/demo')
    seconds = finish(kind, places[0], data)
    want, moments, wrong = products(places[0]), random.Random(f'{seed} {kind}'), 0
    for place in places[1:]:
        process, moment = start(kind, place, data), moments.random()
        time.sleep(moment * seconds)
        os.killpg(process.pid, signal.SIGKILL)  # no error if it is done: nobody waited for it
        code, left = process.wait(), len(products(place))
        seconds = min(seconds, finish(kind, place, data))
        differ = sorted({key for key, _ in products(place).items() ^ want.items()})
        wrong += bool(differ)
        how = f'{"killed" if code else "done"} at {moment:.0%}, {left} of {len(want)} files'
        print(f'{kind}: {how}; {f"DIFFERS: {differ}" if differ else "the same"}', flush=True)
    return wrong


def main() -> None:
    """Check the kinds that are asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('kinds', nargs='*', choices=COMMANDS, help='default: all')
    parser.add_argument('--points', type=int, default=20, help='kills of each kind')
    parser.add_argument('--seed', type=int, default=0, help='of the moments')
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        data = Path(name, 'data')
        make_synthetic(data, num_train=16, num_test=8, workers=1, progress=False)
        places = {kind: Path(name, kind) for kind in args.kinds or COMMANDS}
        wrong = sum(check(*place, args.points, args.seed, data) for place in places.items())
    sys.exit(f'{wrong} ended otherwise' if wrong else 0)


if __name__ == '__main__':
    main()
