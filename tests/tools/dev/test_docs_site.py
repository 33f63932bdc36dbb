"""The site: links between pages that stand anywhere, docstrings as Markdown, a build without a warning."""

from __future__ import annotations

import importlib
import os
import re
import subprocess
import sys
from types import SimpleNamespace

import pytest

from tests.conftest import REPO


@pytest.fixture
def tool(monkeypatch):
    monkeypatch.syspath_prepend(REPO / 'tools/dev')
    return importlib.import_module('docs_site')


def rewritten(tool, text, page, repo_url=None):
    place = SimpleNamespace(file=SimpleNamespace(src_uri=page))
    settings = SimpleNamespace(repo_url=repo_url)
    return tool.on_page_markdown(text, page=place, config=settings, files=None)


@pytest.mark.parametrize(
    ('page', 'link', 'wanted'),
    [
        ('index.md', '[a](docs/gpu.md#hours)', '[a](gpu.md#hours)'),
        ('index.md', '![a](configs/mlfo/dataflow.svg)', '![a](methods/dataflow.svg)'),
        ('index.md', '![a](docs/demo.png)', '![a](demo.png)'),
        ('tutorials/cluster.md', '[a](../../README.md#runs)', '[a](../index.md#runs)'),
        ('gpu.md', '[a](../results/README.md)', '[a](results.md)'),
        ('configs.md', '[a](byol/README.md)', '[a](methods/byol.md)'),
        ('methods/byol.md', '[a](../README.md#cards)', '[a](../configs.md#cards)'),
        (
            'equations.md',
            '[`a`](../mlfo_mm/models/losses/graphs.py)',
            '[`a`](api/models_losses.md#mlfo_mm.models.losses.graphs)',
        ),
        (
            'index.md',
            '[a](LICENSE) [b](#runs) [c](https://a.b/c)',
            'a [b](#runs) [c](https://a.b/c)',
        ),
        ('index.md', '```\n[a](docs/gpu.md)\n```\n', '```\n[a](docs/gpu.md)\n```\n'),
        ('api/index.md', '[a](models_losses.md)', '[a](models_losses.md)'),
    ],
)
def test_links_lead_to_pages(tool, page, link, wanted):
    assert rewritten(tool, link, page) == wanted


def test_a_file_without_a_page_is_shown_where_the_repository_is(tool):
    text = rewritten(tool, '[a](LICENSE)', 'index.md', 'https://example.org/mlfo_mm/')
    assert text == '[a](https://example.org/mlfo_mm/blob/HEAD/LICENSE)'


def test_every_page_of_the_navigation_is_there_and_every_module_has_its_page(tool):
    text = (REPO / 'mkdocs.yml').read_text(encoding='utf-8')
    there = set(tool.pages().values()) | set(tool.api_pages())
    named = set(re.findall(r': ([\w/]+\.md)$', text, re.MULTILINE))
    assert named <= there
    assert {page for file, page in tool.pages().items() if file.startswith('docs/')} <= named
    shown = re.findall(r'^::: ([\w.]+)$', ''.join(tool.api_pages().values()), re.MULTILINE)
    assert 'mlfo_mm.models.losses.graphs' in shown and len(set(shown)) == len(shown)


def test_roles_become_markdown(monkeypatch):
    pytest.importorskip('griffe')
    monkeypatch.syspath_prepend(REPO / 'tools/dev')
    module = importlib.import_module('docs_docstrings')
    text = 'See :func:`~a.b` and :math:`x_1`.\n\n.. math:: a \\\n    + b\n\nEnd.'
    wanted = 'See `a.b` and $x_1$.\n\n\n$$\na \\\n+ b\n$$\n\nEnd.'
    assert module.to_markdown(text) == wanted


@pytest.mark.slow
@pytest.mark.product
def test_the_site_builds_without_a_warning(tmp_path):
    pytest.importorskip('mkdocs')
    pytest.importorskip('mkdocstrings')
    command = [sys.executable, '-m', 'mkdocs', 'build', '--site-dir', str(tmp_path)]
    environment = dict(os.environ, NO_MKDOCS_2_WARNING='1')
    done = subprocess.run(command, cwd=REPO, capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr
    page = (tmp_path / 'equations.html').read_text(encoding='utf-8')
    assert '<math' in page and 'arithmatex' not in page
    assert 'id="mlfo_mm.models.losses.graphs.instance_graph"' in (
        tmp_path / 'api/models_losses.html'
    ).read_text(encoding='utf-8')
