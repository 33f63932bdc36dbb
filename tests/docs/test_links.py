"""Links between the pages lead to files and headings that are there."""

from __future__ import annotations

import re

import pytest

from tests.conftest import REPO
from tests.docs.pages import LINK, PAGES, anchors, name, prose


def faults(path, text):
    for target in LINK.findall(prose(text)):
        if re.match(r'[a-z]+:', target):
            continue
        place, _, anchor = target.partition('#')
        file = (path.parent / place) if place else path
        if not file.exists():
            yield f'{target}: no such file'
        elif not file.resolve().is_relative_to(REPO):
            yield f'{target}: leaves the repository'
        elif anchor and anchor not in anchors(file.read_text(encoding='utf-8')):
            yield f'{target}: no such heading'


@pytest.mark.parametrize('path', PAGES, ids=name)
def test_links_of_a_page(path):
    assert not list(faults(path, path.read_text(encoding='utf-8')))


def test_faults_are_found(tmp_path):
    page = REPO / 'docs/x.md'
    text = '[a](gone.md) [b](gpu.md#nothing) [c](../../x) [`d`](gpu.md#hours) ![e](demo.png)'
    text += '\n```\n[f](gone.md)\n```\n[g](https://example.org/gone) [h [i]](gone.md)'
    found = [fault.split(':')[0] for fault in faults(page, text)]
    assert found == ['gone.md', 'gpu.md#nothing', '../../x', 'gone.md']


def test_the_readme_is_two_screens_and_leads_to_every_page():
    text = (REPO / 'README.md').read_text(encoding='utf-8')
    assert len(text.splitlines()) <= 120
    linked = {target.partition('#')[0] for target in LINK.findall(text)}
    pages = {name(path) for path in PAGES if path.is_relative_to(REPO / 'docs')}
    assert pages <= linked
