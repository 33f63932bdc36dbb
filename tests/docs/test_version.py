"""The version stands once; what repeats it for others agrees."""

from __future__ import annotations

import re

from mlfo_mm import __version__
from tests.conftest import REPO


def test_citation_and_changelog_are_of_the_version():
    assert f'\nversion: {__version__}\n' in (REPO / 'CITATION.cff').read_text(encoding='utf-8')
    text = (REPO / 'CHANGELOG.md').read_text(encoding='utf-8')
    released = [
        name for name in re.findall(r'^## \[([^]]+)\]', text, re.MULTILINE) if name[0].isdigit()
    ]
    assert released[0] == __version__
