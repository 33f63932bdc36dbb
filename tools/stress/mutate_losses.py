"""Change a loss in one place at a time; a change that its tests do not see is a test that is missing.

A sign, + for - and * for /, an integer by one (an index, an axis), a comparison, a flag, a summand
left out. Only the loss's own test file runs, in a copy of the tree. Exit code 1: some survived.
"""

from __future__ import annotations

import argparse
import ast
import multiprocessing
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import mmengine.runner  # noqa: F401  (torch, before the forks: most of a short test's time)
import pytest

ROOT = Path(__file__).resolve().parents[2]
LOSSES = 'mlfo_mm/models/losses'
PAIRS = ((ast.Add, ast.Sub), (ast.Mult, ast.Div), (ast.Lt, ast.LtE), (ast.Gt, ast.GtE))
SWAPS = {a: b for pair in (*PAIRS, (ast.Eq, ast.NotEq)) for a, b in (pair, pair[::-1])}


def changes(node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    """What an expression can be replaced by, each with a word for it."""
    if isinstance(node, ast.BinOp) and type(node.op) in SWAPS:
        other = SWAPS[type(node.op)]
        yield f'{other.__name__} for {type(node.op).__name__}', _with(node, op=other())
        if isinstance(node.op, ast.Add | ast.Sub):
            yield from (('left summand alone', node.left), ('right summand alone', node.right))
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        yield 'no minus', node.operand
    elif isinstance(node, ast.Compare) and type(node.ops[0]) in SWAPS:
        other = SWAPS[type(node.ops[0])]
        yield f'{other.__name__} for the comparison', _with(node, ops=[other(), *node.ops[1:]])
    elif isinstance(node, ast.Constant) and type(node.value) in (bool, int):
        old = node.value
        for new in [not old] if type(old) is bool else [old + 1, *([old - 1] if old else [])]:
            yield f'{new} for {old}', _with(node, value=new)


def _with(node: ast.AST, **fields: object) -> ast.AST:
    return type(node)(**vars(node) | fields)


def mutants(source: str) -> Iterator[tuple[int, str, str]]:
    """Line, change and text of each changed module; messages, types and defaults stay."""
    for place, node in enumerate(ast.walk(ast.parse(source))):
        for index, (word, _) in enumerate(changes(node)):
            tree = ast.parse(source)
            target = list(ast.walk(tree))[place]
            if _spared(tree, target):
                break
            swap = _Swap(target, list(changes(target))[index][1])
            yield target.lineno, word, ast.unparse(swap.visit(tree))


class _Swap(ast.NodeTransformer):
    def __init__(self, old: ast.AST, new: ast.AST) -> None:
        self.old, self.new = old, new

    def visit(self, node: ast.AST) -> ast.AST:
        return self.new if node is self.old else self.generic_visit(node)


def _spared(tree: ast.AST, target: ast.AST) -> bool:
    spared = (ast.Raise, ast.JoinedStr, ast.arguments, ast.AnnAssign)
    return any(target in ast.walk(n) for n in ast.walk(tree) if isinstance(n, spared))


def passes(folder: Path, tests: str) -> bool:
    """Whether tests pass, in a fork of this process, which has imported torch already."""

    def run() -> None:
        os.chdir(folder)
        sys.path.insert(0, str(folder))
        sys.dont_write_bytecode = True
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        os._exit(int(pytest.main(['-qx', '-p', 'no:cacheprovider', tests])))

    process = multiprocessing.get_context('fork').Process(target=run)
    process.start()
    process.join()
    return process.exitcode == 0


def survivors(name: str, folder: Path) -> int:
    """Run the tests of a loss against each of its mutants; how many survive."""
    path, tests = folder / LOSSES / f'{name}.py', f'tests/models/losses/test_{name.strip("_")}.py'
    source, alive = path.read_text(), 0
    if not passes(folder, tests):
        sys.exit(f'{tests} fails as it is')
    for line, word, text in mutants(source):
        path.write_text(text)
        alive += (survived := passes(folder, tests))
        print(f'{name}:{line} {word}: {"SURVIVED" if survived else "killed"}', flush=True)
    path.write_text(source)
    return alive


def main() -> None:
    """Copy the tree and go through the losses."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    names = sorted(p.stem for p in (ROOT / LOSSES).glob('*.py') if p.stem != '__init__')
    parser.add_argument('losses', nargs='*', choices=names, help='default: all')
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        for part in ('mlfo_mm', 'tests', 'configs'):
            shutil.copytree(ROOT / part, Path(name, part))
        shutil.copy(ROOT / 'pyproject.toml', name)
        alive = sum(survivors(loss, Path(name)) for loss in args.losses or names)
    sys.exit(f'{alive} survived' if alive else 0)


if __name__ == '__main__':
    main()
