"""What GitHub reads is valid, and calls make targets that there are."""

from __future__ import annotations

import re

import pytest
import yaml

from tests.conftest import REPO

FILES = sorted((REPO / '.github').rglob('*.yml'))


@pytest.mark.parametrize('path', FILES, ids=lambda path: path.name)
def test_yaml(path):
    found = yaml.safe_load(path.read_text(encoding='utf-8'))
    if path.parent.name == 'ISSUE_TEMPLATE' and path.name != 'config.yml':
        assert {'name', 'description', 'body'} <= set(found)
        ids = [part['id'] for part in found['body']]
        assert len(set(ids)) == len(ids)


def test_the_workflow_calls_make_on_the_pythons_that_are_supported():
    text = (REPO / '.github/workflows/checks.yml').read_text(encoding='utf-8')
    jobs = yaml.safe_load(text)['jobs']
    assert jobs['test']['strategy']['matrix']['python'] == ['3.11', '3.12']
    assert {'lint', 'test', 'build'} <= set(jobs)
    targets = re.findall(
        r'^([\w-]+):', (REPO / 'Makefile').read_text(encoding='utf-8'), re.MULTILINE
    )
    called = re.findall(r'run: make ([\w-]+)', text)
    assert {'lint', 'docs', 'test', 'dist'} <= set(called) <= set(targets)


def test_a_bug_report_asks_for_the_doctor():
    text = (REPO / '.github/ISSUE_TEMPLATE/bug.yml').read_text(encoding='utf-8')
    assert 'tools/doctor.py' in text
