"""Commands that the pages show: the tool, its options and the make target are there."""

from __future__ import annotations

import re
import shlex

import pytest

from mlfo_mm.cli import COMMANDS
from tests.conftest import REPO
from tests.docs.pages import PAGES, blocks, name

SOURCES = [
    *sorted(REPO.glob('tools/**/*.py')),
    *sorted(REPO.glob('tools/*.sh')),
    *sorted(REPO.glob('mlfo_mm/**/*.py')),
]
# CHANGELOG tells of what was
TOLD = [path for path in PAGES if name(path) != 'CHANGELOG.md']
TOOL = re.compile(r'\btools/[\w/]+\.(?:py|sh)\b')


def options_known() -> set[str]:
    found: set[str] = set()
    for path in SOURCES:
        found |= set(re.findall(r"""['" \[|(](--[a-z][\w-]+)""", path.read_text(encoding='utf-8')))
    return found


OPTIONS = options_known()
TARGETS = set(re.findall(r'^([\w-]+):', (REPO / 'Makefile').read_text(encoding='utf-8'), re.M))


def commands(text: str) -> list[list[str]]:
    """Words of the commands in a page's blocks, without comments, prompts and variables before."""
    lines = [line for block in blocks(text) for line in block.replace('\\\n', ' ').splitlines()]
    found = []
    for line in lines:
        try:
            words = shlex.split(line.removeprefix('$ '), comments=True)
        except ValueError:  # output, not a command
            continue
        while words and re.match(r'[A-Z_]+=', words[0]):
            words.pop(0)
        found.append(words)
    return found


def faults(text: str) -> list[str]:
    own = re.sub(r'\[[^]]*\]\(https?:[^)]*\)', '', text)  # without files of other repositories
    found = [tool for tool in TOOL.findall(own) if not (REPO / tool).is_file()]
    for words in commands(text):
        if words[:1] == ['make']:
            targets = [word for word in words[1:] if re.fullmatch(r'[a-z-]+', word)]
            found += [f'make {target}' for target in targets if target not in TARGETS]
        elif words[:1] == ['mlfo'] and len(words) > 1 and words[1] not in COMMANDS:
            found.append(' '.join(words[:2]))
        elif len(words) > 1 and TOOL.search(' '.join(words[:2])):
            given = [word.partition('=')[0] for word in words if word.startswith('--')]
            found += [f'{words[1]} {option}' for option in given if option not in OPTIONS]
    return found


@pytest.mark.parametrize('path', TOLD, ids=name)
def test_commands_of_a_page(path):
    assert not faults(path.read_text(encoding='utf-8'))


def test_faults_are_found():
    text = '```\nA=1 python tools/train.py x --work-dir d --work-dri d  # --not-this\n```\n`tools/gone.py`'
    text += '\n```\nmake tset VENV=x\nmlfo trian x\nmlfo train x\n```\n'
    assert faults(text) == ['tools/gone.py', 'tools/train.py --work-dri', 'make tset', 'mlfo trian']
