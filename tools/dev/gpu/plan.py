"""Part 5: as much of a small profile's plan as the time allows."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import sys
from pathlib import Path

from gpu.report import Report, Setting, Wrong

ROOT = Path(__file__).resolve().parents[3]
LEAVE = 15.0  # seconds for jobs to end


def main(report: Report, setting: Setting) -> None:
    """Run the demo and count its records; where it is quick, say what it would do."""
    command = [sys.executable, str(ROOT / 'tools/benchmark.py'), 'plan' if setting.quick else 'run']
    command += ['--profile', 'smoke' if setting.quick else 'demo']
    command += [
        '--work-dir',
        str(setting.folder / 'plan'),
        '--results',
        str(setting.folder / 'results'),
    ]
    with report.check('demo' if not setting.quick else 'plan of smoke') as values:
        log = (setting.folder / 'plan.log').open('w')
        with log, subprocess.Popen(command, cwd=setting.folder, stdout=log, stderr=log) as process:
            try:
                values['exit'] = process.wait(max(report.left - LEAVE, 1.0))
            except subprocess.TimeoutExpired:
                values['exit'] = 'stopped: its time was up'
                process.send_signal(signal.SIGINT)  # it goes on from there another time
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(LEAVE)
                process.kill()
        values['records'] = len(list((setting.folder / 'results').rglob('records/*/*.json')))
        if values['exit'] not in (0, 'stopped: its time was up'):
            raise Wrong((setting.folder / 'plan.log').read_text()[-300:].replace('\n', ' '))
