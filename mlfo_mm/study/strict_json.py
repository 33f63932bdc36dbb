"""JSON read strictly: a file from elsewhere ends in one line, or is plain data that can be written again."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

from mlfo_mm.errors import UserError
from mlfo_mm.files import read_text


def read_json(path: Path) -> Any:
    """Read a file of UTF-8 JSON.

    Raises:
        UserError: It is no file, no UTF-8, no JSON, nested too deeply, or a key stands twice.
    """
    text = read_text(path)
    try:
        return json.loads(text, object_pairs_hook=_unique)
    except json.JSONDecodeError as error:
        raise UserError(f'{path}:{error.lineno}: not a readable JSON record ({error})') from error
    except (ValueError, RecursionError) as error:
        raise UserError(f'{path}: not a readable JSON record ({error})') from error


def is_text(value: str) -> bool:
    """Whether a text can be written: JSON may name halves of characters."""
    return value.isascii() or not any('\ud800' <= letter <= '\udfff' for letter in value)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        (twice, _), *_ = Counter(key for key, _ in pairs).most_common(1)
        raise ValueError(f'key {twice!r} stands twice')
    return found
