"""Values that no program expects: changes of JSON, of bytes, of lines and of tensors."""

from __future__ import annotations

import copy
import random
import string
from typing import Any

NUMBERS: tuple[Any, ...] = (
    0, -1, 1, 5, 10**400, -(10**18), 2**63, 0.0, -0.0, 1e308, -1e-320, float('nan'), float('inf'), True,
)  # fmt: skip
TEXTS = (
    '', ' ', 'a\nb', '\x1b[2J', '\u202eabc', '\ud800', 'é' * 300, '../../x', '<script>alert(1)</script>',
    '[x](javascript:alert(1))', '=1+1', '@SUM(1)', '|', '`', 'a|b\r\nc', '9999-12-31T23:59:59-14:00',
    '0001-01-01T00:00:00+14:00', '2026-13-01', 'x' * 100_000, '\0', '{0}', '%s', '$(id)',
)  # fmt: skip


def value(rng: random.Random, depth: int = 0) -> Any:
    """Any value that JSON can hold, and some that it cannot."""
    kind = rng.randrange(7 if depth < 3 else 4)
    if kind < 2:
        return rng.choice(NUMBERS)
    if kind == 2:
        return rng.choice(TEXTS)
    if kind == 3:
        return None
    if kind == 4:
        return [value(rng, depth + 1) for _ in range(rng.randrange(4))]
    if kind == 5:
        return {rng.choice(TEXTS[:12]): value(rng, depth + 1) for _ in range(rng.randrange(4))}
    return ''.join(rng.choices(string.printable, k=rng.randrange(20)))


def changed(rng: random.Random, node: Any) -> Any:
    """A copy of plain data, one place of it changed, gone, doubled or moved."""
    node = copy.deepcopy(node)
    places = [(parent, key) for parent, key in _places(node)]
    parent, key = rng.choice(places)
    kind = rng.randrange(6)
    if kind == 0:
        del parent[key]
    elif kind == 1 and isinstance(parent, dict):
        parent[rng.choice(TEXTS)] = parent[key]
    elif kind == 2:
        other, name = rng.choice(places)
        if name in other if isinstance(other, dict) else name < len(other):
            parent[key] = copy.deepcopy(other[name])
    elif kind == 3 and isinstance(parent[key], int | float):
        parent[key] = rng.choice(NUMBERS)
    elif kind == 4 and isinstance(parent[key], str):
        parent[key] = rng.choice(TEXTS)
    else:
        parent[key] = value(rng)
    return node


def _places(node: Any) -> list[tuple[Any, Any]]:
    found: list[tuple[Any, Any]] = []
    keys = node.keys() if isinstance(node, dict) else range(len(node))
    for key in keys:
        found.append((node, key))
        if isinstance(node[key], dict | list):
            found += _places(node[key])
    return found


def mangled(rng: random.Random, content: bytes) -> bytes:
    """Bytes, some of them changed, left out, doubled or cut off."""
    data = bytearray(content)
    for _ in range(rng.choice((1, 1, 2, 5, 20))):
        if not data:
            break
        at, kind = rng.randrange(len(data)), rng.randrange(6)
        size = min(rng.choice((1, 4, 64, 1024)), len(data) - at)
        if kind == 0:
            data[at] ^= 1 << rng.randrange(8)
        elif kind == 1:
            data[at : at + size] = rng.randbytes(size)
        elif kind == 2:
            del data[at : at + size]
        elif kind == 3:
            data[at:at] = data[at : at + size]
        elif kind == 4:
            data[at : at + size] = rng.choice((b'\0', b'\xff')) * size
        else:
            del data[at:]
    return bytes(data)
