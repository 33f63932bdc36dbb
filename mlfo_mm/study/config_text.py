"""Values of a config's text, as checkpoints carry it and records hold it: read as data, never run."""

from __future__ import annotations

import ast
from typing import Any


def read_values(text: object) -> dict[str, Any]:
    """Return the values of a config's text; empty where it is none, or holds more than plain values."""
    if not isinstance(text, str):
        return {}
    try:
        return {
            statement.targets[0].id: _literal(statement.value)
            for statement in ast.parse(text).body
            if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name)
        }
    except (SyntaxError, ValueError, TypeError, RecursionError, MemoryError):
        return {}


def look_up(values: object, dotted: str, default: Any = None) -> Any:
    """Return a value of a config, or of nested dicts, by its dotted key; a number is a place in a list."""
    node: Any = values
    for part in dotted.split('.'):
        if isinstance(node, list | tuple) and part.isdigit() and int(part) < len(node):
            node = node[int(part)]
        elif hasattr(node, 'keys') and part in node:
            node = node[part]
        else:
            return default
    return node


def _literal(node: ast.expr) -> Any:
    if isinstance(node, ast.Call):
        if not (isinstance(node.func, ast.Name) and node.func.id == 'dict') or node.args:
            raise ValueError(ast.dump(node.func))
        return {str(each.arg): _literal(each.value) for each in node.keywords}
    if isinstance(node, ast.Dict):
        pairs = zip(node.keys, node.values, strict=True)
        return {ast.literal_eval(key): _literal(value) for key, value in pairs if key is not None}
    if isinstance(node, ast.List | ast.Tuple):
        items = [_literal(item) for item in node.elts]
        return items if isinstance(node, ast.List) else tuple(items)
    return ast.literal_eval(node)
