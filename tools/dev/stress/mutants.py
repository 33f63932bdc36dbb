"""Changes of one place of a module, and how a living module takes one on."""

from __future__ import annotations

import ast
import copy
import inspect
from collections.abc import Iterator
from dataclasses import dataclass
from types import CodeType, FunctionType, ModuleType

PAIRS = ((ast.Add, ast.Sub), (ast.Mult, ast.Div), (ast.Lt, ast.LtE), (ast.Gt, ast.GtE))
MORE = ((ast.Eq, ast.NotEq), (ast.Or, ast.And), (ast.BitAnd, ast.BitOr))
SWAPS = {a: b for pair in (*PAIRS, *MORE) for a, b in (pair, pair[::-1])}
SPARED = (ast.Raise, ast.JoinedStr, ast.arguments, ast.AnnAssign)


@dataclass(frozen=True)
class Mutant:
    """A changed module: where, in a word what, the changed statement (its head), and all of it."""

    line: int
    change: str
    after: str
    text: str


def changes(node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    """What an expression can be replaced by, each with a word for it."""
    if isinstance(node, ast.BinOp | ast.BoolOp) and type(node.op) in SWAPS:
        other = SWAPS[type(node.op)]
        yield f'{other.__name__} for {type(node.op).__name__}', _with(node, op=other())
        if isinstance(node.op, ast.Add | ast.Sub):
            yield from (('left summand alone', node.left), ('right summand alone', node.right))
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.Not):
        yield f'no {type(node.op).__name__}', node.operand
    elif isinstance(node, ast.Compare):
        for place, old in enumerate(node.ops):
            if type(old) in SWAPS:
                new = SWAPS[type(old)]
                ops = [*node.ops[:place], new(), *node.ops[place + 1 :]]
                yield f'{new.__name__} for {type(old).__name__}', _with(node, ops=ops)
    elif isinstance(node, ast.Constant) and type(node.value) in (bool, int):
        old = node.value
        for new in [not old] if type(old) is bool else [old + 1, *([old - 1] if old else [])]:
            yield f'{new} for {old}', _with(node, value=new)


def _with(node: ast.AST, **fields: object) -> ast.AST:
    return type(node)(**vars(node) | fields)


def mutants(source: str) -> Iterator[Mutant]:
    """Each changed module; what is outside of functions, messages, types and defaults stay."""
    tree = ast.parse(source)
    places = {id(node): place for place, node in enumerate(ast.walk(tree))}
    for statement in _statements(tree):
        for node in _parts(statement):
            for index, (word, _) in enumerate(changes(node)):
                whole = copy.deepcopy(tree)
                nodes = list(ast.walk(whole))
                target = nodes[places[id(node)]]
                _Swap(target, list(changes(target))[index][1]).visit(whole)
                after = ast.unparse(nodes[places[id(statement)]]).split('\n')[0]
                yield Mutant(node.lineno, word, after, ast.unparse(whole))


def _statements(tree: ast.AST) -> list[ast.stmt]:
    bodies = (node.body for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))
    inner = [node for body in bodies for line in body for node in ast.walk(line)]
    return [node for node in inner if isinstance(node, ast.stmt) and not isinstance(node, SPARED)]


def _parts(node: ast.AST) -> Iterator[ast.AST]:
    """All below a node up to the next statement."""
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, (ast.stmt, *SPARED)):
            yield child
            yield from _parts(child)


class _Swap(ast.NodeTransformer):
    def __init__(self, old: ast.AST, new: ast.AST) -> None:
        self.old, self.new = old, new

    def visit(self, node: ast.AST) -> ast.AST:
        return self.new if node is self.old else self.generic_visit(node)


def graft(module: ModuleType, text: str) -> int:
    """Give a module's functions the code of a changed text, whoever holds them; how many have it."""
    whole = compile(text, module.__file__, 'exec')
    found, codes = {}, [whole]
    while codes:
        inner = [const for const in codes.pop().co_consts if isinstance(const, CodeType)]
        found |= {code.co_qualname: code for code in inner}
        codes += inner
    classes = [v for v in vars(module).values() if isinstance(v, type)]
    held = [inspect.unwrap(v) for place in (module, *classes) for v in vars(place).values()]
    own = [f for f in held if getattr(f, '__module__', '') == module.__name__]
    own = [f for f in own if isinstance(f, FunctionType)]
    for function in own:
        function.__code__ = found[function.__code__.co_qualname]
    return len(own)
