"""Provenance is found where it exists and is None, not an error, where it does not."""

from __future__ import annotations

import shutil
import subprocess
from importlib import metadata

import pytest

import mlfo_mm
from mlfo_mm.study import provenance


def test_versions_and_hardware():
    found = provenance.provenance(gpus=['Some GPU'])
    assert set(found) == {'git', 'versions', 'hardware'}
    assert found['versions']['numpy'] == metadata.version('numpy')
    assert found['versions']['mlfo_mm'] == mlfo_mm.__version__
    assert found['hardware']['gpus'] == ['Some GPU']
    assert found['hardware']['cores'] >= 1 and found['hardware']['memory_gib'] > 0


def test_what_the_system_does_not_tell(monkeypatch, tmp_path):
    def unknown(name):
        raise ValueError(f'unrecognized configuration name {name}')

    monkeypatch.setattr(provenance.os, 'sysconf', unknown)
    monkeypatch.setattr(provenance, 'Path', lambda _: tmp_path / 'cpuinfo')
    monkeypatch.setattr(provenance.platform, 'processor', lambda: '')
    monkeypatch.setattr(provenance.platform, 'machine', lambda: 'riscv64')
    found = provenance.provenance()['hardware']
    assert (found['cpu'], found['memory_gib']) == ('riscv64', None)
    (tmp_path / 'cpuinfo').write_text('processor : 0\n')  # as on ARM: no name of the model
    assert provenance.provenance()['hardware']['cpu'] == 'riscv64'


def test_missing_package_is_none(monkeypatch):
    monkeypatch.setattr(provenance, 'PACKAGES', ('no-such-distribution-here',))
    assert provenance.provenance()['versions']['no-such-distribution-here'] is None


def git(folder, *arguments):
    identity = ['-c', 'user.name=n', '-c', 'user.email=e@example.org']
    done = subprocess.run(
        ['git', *identity, *arguments], cwd=folder, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


@pytest.mark.skipif(shutil.which('git') is None, reason='needs git')
def test_commit_and_dirtiness(tmp_path, monkeypatch):
    git(tmp_path, 'init', '-q')
    source = tmp_path / 'mlfo_mm' / 'a.py'
    source.parent.mkdir()
    source.write_text('1')
    monkeypatch.setattr(provenance, '__file__', str(source))
    assert provenance.provenance()['git'] == dict(commit=None, dirty=None)  # not tracked
    git(tmp_path, 'add', '.')
    assert provenance.provenance()['git'] == dict(commit=None, dirty=None)  # nothing committed
    git(tmp_path, 'commit', '-q', '-m', 'first')
    head = git(tmp_path, 'rev-parse', 'HEAD')
    (tmp_path / 'results').mkdir()
    (tmp_path / 'results' / 'record.json').write_text('{}')
    assert provenance.provenance()['git'] == dict(commit=head, dirty=False)
    (source.parent / 'b.py').write_text('new file')
    assert provenance.provenance()['git'] == dict(commit=head, dirty=True)


def test_without_git(monkeypatch):
    monkeypatch.setenv('PATH', '')
    assert provenance.provenance()['git'] == dict(commit=None, dirty=None)
