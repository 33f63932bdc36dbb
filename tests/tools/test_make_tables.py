"""The command itself, on records fabricated in a temporary folder."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from mlfo_mm.study.identity import hash_text
from mlfo_mm.study.records import Record, write_record

REPO = Path(__file__).resolve().parents[2]


def run(*arguments, **environment):
    return subprocess.run(
        [sys.executable, str(REPO / 'tools' / 'make_tables.py'), *arguments],
        capture_output=True,
        text=True,
        env=os.environ | dict(PYTHONPATH=str(REPO)) | environment,
        cwd='/',
    )


@pytest.fixture
def results(tmp_path):
    counts = dict(expected=10, read=10, skipped=0)
    record = Record(
        experiment='only',
        method='mlfo',
        variant='default',
        backbone='r3d18',
        pretrain_dataset='utdplain27',
        task='linear_probe',
        dataset='utdplain27',
        split=1,
        profile='mini',
        seed=0,
        protocol=dict(line='cached probe'),
        metrics=dict(top1=61.25),
        n_samples=dict(train=counts, test=counts),
        config_text='',
        config_hash=hash_text(''),
        family_hash=hash_text(''),
        checkpoint=None,
        git=dict(commit=None, dirty=None),
        versions={},
        hardware={},
        wall_time_s=1.0,
        start='2026-01-01',
        end='2026-01-01',
    )
    write_record(record, tmp_path)
    return tmp_path


def test_prints_and_writes(results):
    done = run('--profile', 'mini', '--results', str(results), '--tables', '1')
    assert (done.returncode, done.stderr) == (0, '')
    assert '61.2 (n=1)' in done.stdout and 'cached probe' in done.stdout
    assert 'Left out, --all-rows has them: ' in done.stdout
    folder = results / 'tables' / 'mini'
    assert sorted(path.name for path in folder.iterdir()) == [
        'table1.csv',
        'table1.md',
        'table1.tex',
    ]
    assert str(folder) in done.stdout.replace('\n', '')


def test_names_what_is_empty_and_writes_the_claims(results):
    done = run('--profile', 'mini', '--results', str(results), '--tables', '2', 'levels', 'costs')
    assert (done.returncode, done.stderr) == (0, '')
    assert 'MLFO: combined graph, multi-level' in done.stdout
    said = ' '.join(done.stdout.split())
    assert 'Nothing measured yet: Levels: a linear probe on each level (beyond the paper); ' in said
    assert '## Profile mini' in (results / 'claims.md').read_text()
    assert (results / 'claims.csv').read_text().startswith('profile,table,claim,')
    names = {path.name for path in (results / 'tables' / 'mini').glob('*.md')}
    assert names == {'table2.md', 'levels.md', 'costs.md'}


def test_needs_no_torch(results, tmp_path):
    fake = tmp_path / 'fake'
    for name in ('torch', 'mmengine', 'mmcv', 'mmaction'):
        (fake / name).mkdir(parents=True)
        (fake / name / '__init__.py').write_text('raise RuntimeError("imported")')
    paths = os.pathsep.join([str(fake), str(REPO)])
    done = run('--profile', 'mini', '--results', str(results), PYTHONPATH=paths)
    assert (done.returncode, done.stderr) == (0, '')


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [
        (['--profile', 'mni'], "error: unknown profile 'mni' (did you mean 'mini'?)"),
        (['--profile', 'mini', '--tables', '12'], "error: unknown table '12'"),
    ],
)
def test_user_errors(results, arguments, message):
    done = run(*arguments, '--results', str(results))
    assert done.returncode == 2 and done.stderr.startswith(message)
    assert done.stderr.count('\n') == 1


def test_malformed_record_is_named(results):
    path = results / 'records' / 'mini' / 'only.json'
    path.write_text(json.dumps(json.loads(path.read_text()) | dict(seed='0')))
    done = run('--profile', 'mini', '--results', str(results))
    assert done.returncode == 2 and done.stderr.count('\n') == 1
    assert f"error: {path}: key 'seed' must be int" in done.stderr
