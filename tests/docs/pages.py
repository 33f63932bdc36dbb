"""The pages that people read, and what stands in them."""

from __future__ import annotations

import re
from pathlib import Path

from tests.conftest import REPO

PAGES = [
    path
    for pattern in ('*.md', 'docs/**/*.md', 'configs/**/*.md', 'results/**/*.md', '.github/**/*.md')
    for path in sorted(REPO.glob(pattern))
]
FENCE = re.compile(r'^ *```(\w*)\n(.*?)^ *```', re.DOTALL | re.MULTILINE)
LINK = re.compile(r'!?\[(?:[^][]|\[[^]]*\])*\]\(([^)\s]+)\)')
HEADING = re.compile(r'^#{1,6} +(.+?) *#*$', re.MULTILINE)


def name(path: Path) -> str:
    """A page's path in the repository."""
    return path.relative_to(REPO).as_posix()


def prose(text: str) -> str:
    """A page without its blocks of code."""
    return FENCE.sub('', text)


def anchors(text: str) -> set[str]:
    """What the headings of a page are called in links, as GitHub and the site call them."""
    found: set[str] = set()
    for heading in HEADING.findall(prose(text)):
        plain = re.sub(r'\[([^]]*)\]\([^)]*\)', r'\1', heading)
        slug = re.sub(r'[^\w\- ]', '', plain.lower()).replace(' ', '-')
        found.add(slug if slug not in found else f'{slug}-1')
    return found


def blocks(text: str, language: str = '') -> list[str]:
    """The blocks of code of a page in a language."""
    return [body for kind, body in FENCE.findall(text) if kind == language]
