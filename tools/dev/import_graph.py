"""Rewrite the import graph in docs/architecture.md from the code. Reads it as text, imports nothing.

A node is a package of ``mlfo_mm``; ``mlfo_mm`` are the modules beside the packages, but those of them that
import a package, which stand by their own names. The number at an edge says how many modules of the
one import something of the other.
"""

from __future__ import annotations

import argparse
import ast
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from mlfo_mm.errors import UserError
from mlfo_mm.start import cli
from mlfo_mm.files import write_atomic
from mlfo_mm.study.paths import REPOSITORY

PACKAGE = 'mlfo_mm'
PAGE = REPOSITORY / 'docs/architecture.md'
BEGIN = '<!-- imports: begin, written by tools/dev/import_graph.py -->'
END = '<!-- imports: end -->'


def modules(root: Path) -> dict[str, Path]:
    """Every module of the package by its dotted name, packages themselves by theirs."""
    return {
        '.'.join((PACKAGE, *path.relative_to(root).with_suffix('').parts)).removesuffix(
            '.__init__'
        ): path
        for path in sorted(root.rglob('*.py'))
    }


def imported(name: str, path: Path) -> Iterator[str]:
    """Dotted names that a module imports, anywhere in its text, relative ones made whole."""
    package = name.split('.') if path.stem == '__init__' else name.split('.')[:-1]
    for node in ast.walk(ast.parse(path.read_text(encoding='utf-8'))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) + 1 - node.level] if node.level else []
            base = '.'.join([*above, *([node.module] if node.module else [])])
            yield from (f'{base}.{alias.name}' for alias in node.names)


def edges(root: Path) -> Counter[tuple[str, str]]:
    """How many modules of a node import of another one."""
    packages = {path.parent.name for path in root.glob('*/__init__.py')}
    named = {
        (_first(name), name): {
            _first(each) for each in imported(name, path) if each.split('.')[0] == PACKAGE
        }
        for name, path in modules(root).items()
    }
    above = {first for (first, _), there in named.items() if there & packages} | packages
    found: Counter[tuple[str, str]] = Counter()
    for (first, _), there in named.items():
        here = first if first in above else PACKAGE
        found.update(
            (here, each) for each in {e if e in above else PACKAGE for e in there} - {here}
        )
    return found


def _first(name: str) -> str:
    """What stands behind ``mlfo_mm`` in a dotted name: a package, or a module beside the packages."""
    return name.split('.')[1] if '.' in name else PACKAGE


def mermaid(found: Counter[tuple[str, str]]) -> str:
    """A Mermaid diagram of the edges."""
    lines = [f'    {here} -->|{count}| {there}' for (here, there), count in sorted(found.items())]
    return '\n'.join(['```mermaid', 'flowchart TD', *lines, '```'])


def with_graph(text: str, graph: str, where: object) -> str:
    """Return a text with a graph in place of what stands between the two markers."""
    if text.count(BEGIN) != 1 or text.count(END) != 1 or text.index(BEGIN) > text.index(END):
        raise UserError(f'{where}: needs the lines {BEGIN!r} and {END!r}, once each, in this order')
    return f'{text.partition(BEGIN)[0]}{BEGIN}\n\n{graph}\n\n{END}{text.partition(END)[2]}'


def parse_args() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--page', type=Path, default=PAGE, help='file with the two markers')
    return parser.parse_args()


@cli
def main() -> None:
    """Run the tool."""
    page = parse_args().page
    if not page.is_file():
        raise UserError(f'{page} is missing: give the page of the graph')
    graph = mermaid(edges(REPOSITORY / PACKAGE))
    print(write_atomic(page, with_graph(page.read_text(encoding='utf-8'), graph, page)))


if __name__ == '__main__':
    main()
