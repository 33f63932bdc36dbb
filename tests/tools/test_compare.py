"""The command itself, on records fabricated in a temporary folder."""

from __future__ import annotations

import os
import subprocess
import sys

from mlfo_mm.study.records import write_record
from tests.conftest import REPO
from tests.reporting import crafted


def run(*arguments, **environment):
    return subprocess.run(
        [sys.executable, str(REPO / 'tools' / 'compare.py'), *arguments],
        capture_output=True,
        text=True,
        env=os.environ | dict(PYTHONPATH=str(REPO)) | environment,
        cwd='/',
    )


def test_prints_and_writes_without_torch(tmp_path):
    for record in crafted.probe('default', 41.0) + crafted.probe(
        'contrast', 30.0, (0,), method='pace'
    ):
        write_record(record, tmp_path)
    fake = tmp_path / 'fake'
    for name in ('torch', 'mmengine', 'mmcv', 'mmaction'):
        (fake / name).mkdir(parents=True)
        (fake / name / '__init__.py').write_text('raise RuntimeError("imported")')
    paths = os.pathsep.join([str(fake), str(REPO)])
    output = tmp_path / 'out'
    arguments = ('--profile', 'demo', '--results', str(tmp_path), '--output', str(output))
    done = run('mlfo', 'pace', 'moco', *arguments, PYTHONPATH=paths)
    assert (done.returncode, done.stderr) == (0, '')
    assert '42.5 ± 3.7 (n=3)' in done.stdout and 'Pace (contrast)' in done.stdout
    assert 'MoCo' in done.stdout and '— not run' in done.stdout
    assert str(output / 'compare.md') in done.stdout.replace('\n', '')
    names = {path.name for path in output.iterdir()}
    assert names == {
        f'compare.{kind}' for kind in ['csv', 'html', 'md', 'pdf', 'png', 'svg', 'tex']
    }


def test_user_errors(tmp_path):
    for arguments, message in (
        (('mlfo', '--profile', 'mni'), "error: unknown profile 'mni' (did you mean 'mini'?)"),
        (('mlof', '--profile', 'mini'), "error: unknown method 'mlof' (did you mean 'mlfo'?)"),
        (('all', '--profile', 'mini'), 'error: no records of the profile mini in '),
    ):
        done = run(*arguments, '--results', str(tmp_path))
        assert done.returncode == 2 and done.stderr.startswith(message)
        assert done.stderr.count('\n') == 1
