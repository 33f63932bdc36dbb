"""An extension of griffe for ``mkdocs.yml``: the roles of reST in docstrings become Markdown.

``:func:`name``` is code, ``:math:`` a formula within a line and ``.. math::`` one of its own.
"""

from __future__ import annotations

import re
import textwrap
from typing import Any

from griffe import Extension, Object

ROLE = re.compile(r':(?:class|data|func|meth|mod):`~?([^`]+)`')
INLINE = re.compile(r':math:`([^`]+)`')
BLOCK = re.compile(r'^( *)\.\. math::(.*(?:\n(?:\1 +.*| *$))*)', re.MULTILINE)


def to_markdown(text: str) -> str:
    """A docstring with Markdown in place of reST's roles."""

    def displayed(found: re.Match[str]) -> str:
        formula = '\n'.join(line.strip() for line in found[2].strip().splitlines())
        return textwrap.indent(f'\n$$\n{formula}\n$$\n', found[1])

    text = BLOCK.sub(displayed, text)
    text = INLINE.sub(r'$\1$', text)
    return ROLE.sub(r'`\1`', text)


class Roles(Extension):
    """Applies :func:`to_markdown` to each docstring that is read."""

    def on_instance(self, *, obj: Object, **kwargs: Any) -> None:
        """Rewrite the docstring of a module, class, function or attribute."""
        if obj.docstring is not None:
            obj.docstring.value = to_markdown(obj.docstring.value)
