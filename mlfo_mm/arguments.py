"""What command lines hold: each ``type`` and action of argparse says what it takes."""

from __future__ import annotations

import argparse
import ast
import contextlib
import re
import sys
import textwrap
from collections.abc import Callable, Sequence
from typing import Any

from mlfo_mm.commands import STATUSES
from mlfo_mm.errors import printable, short

DURATION = re.compile(r'(\d{1,6}(?:\.\d{1,3})?)([smh])')
LARGEST_SEED = 2**31 - 1  # processes and workers add their numbers to it, NumPy takes 32 bits
EXIT_STATUS = textwrap.fill(
    'exit status: ' + '; '.join(f'{status} {means}' for status, means in STATUSES.items()),
    width=100,
    subsequent_indent='  ',
)
PLAIN = (bool, int, float, str, dict, list, tuple)  # types of values in options


class HelpFormatter(argparse.RawDescriptionHelpFormatter):
    """Descriptions as they are, and the defaults of options whose help does not say them."""

    def _get_help_string(self, action: argparse.Action) -> str:
        text, default = action.help or '', action.default
        told = 'default' in text or not action.option_strings
        if told or not default or default in (True, argparse.SUPPRESS):
            return text
        return f'{text} (default: %(default)s)'.strip()


class Parser(argparse.ArgumentParser):
    """The parser of a tool: its help ends with examples and with what its exit status says.

    Options are taken by their whole names.

    Args:
        doc: Docstring of the tool.
        examples: Arguments of it, as one would type them behind its name.
        options: Of argparse's own.
    """

    def __init__(
        self, doc: str | None = None, examples: Sequence[str] = (), **options: Any
    ) -> None:
        program = sys.argv[0]
        options.setdefault('prog', f'python {program}' if program.endswith('.py') else program)
        lines = [f'  %(prog)s {example}'.rstrip() for example in examples]
        head = ['example:' if len(lines) == 1 else 'examples:', *lines, ''] if lines else []
        super().__init__(
            description=(doc or '').replace('``', ''),
            epilog='\n'.join([*head, EXIT_STATUS]),
            formatter_class=HelpFormatter,
            allow_abbrev=False,
            **options,
        )


def add_weights(parser: argparse.ArgumentParser, untrained: str) -> None:
    """Add ``checkpoint``: CHECKPOINT, RUN CHECKPOINT, or RUN and the word for no training."""
    parser.add_argument(
        'checkpoint',
        nargs='+',
        action=WeightsAction,
        const=untrained,
        metavar='[RUN] CHECKPOINT',
        help='a file or folder, or: RUN none',
    )


class WeightsAction(argparse.Action):
    """Words that name weights; ``const`` alone names none."""

    def __call__(self, parser, namespace, values, option_string=None) -> None:
        """Refuse other words."""
        if len(values) > 2 or values == [self.const]:
            parser.error('give CHECKPOINT, RUN CHECKPOINT, or RUN none for random weights')
        setattr(namespace, self.dest, values)


def whole(least: int, most: int = 10**9) -> Callable[[str], int]:
    """A whole number within bounds."""

    def number(text: str) -> int:
        try:
            value = int(text)
        except ValueError:  # no digits, or thousands of them
            value = least - 1
        if not least <= value <= most:
            raise argparse.ArgumentTypeError(
                f'{printable(text, 40)!r} is no whole number from {least} to {most}'
            )
        return value

    return number


def duration(text: str) -> float:
    """Seconds of a time such as ``90s``, ``12m`` or ``1.5h``."""
    match = DURATION.fullmatch(text)
    if match is None or not float(match[1]):
        raise argparse.ArgumentTypeError(
            f'{printable(text, 40)!r} is no time such as 90s, 12m or 1.5h'
        )
    return float(match[1]) * dict(s=1, m=60, h=3600)[match[2]]


count, natural, seed = whole(1), whole(0), whole(0, LARGEST_SEED)


class OptionsAction(argparse.Action):
    """``key=value ...`` of ``--cfg-options``, as MMAction2's tools read it; the dict they make.

    Unlike mmengine's it keeps the spaces of a text, and loads nothing. A comma makes a list, but in
    quotes. What cannot be read is an error of the command line.
    """

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: Any,
        option_string: str | None = None,
    ) -> None:
        """Parse, and name the word that is at fault."""
        options = dict(getattr(namespace, self.dest) or {})
        for word in values:
            key, equals, text = word.partition('=')
            if not equals:
                parser.error(f'{option_string}: {short(word)!r} is no key=value')
            try:
                options[key] = _value(text)
            except (ValueError, RecursionError) as error:
                said = f'cannot be read ({short(error)})'
                parser.error(f'{option_string}: {short(word)!r} {said}')
        setattr(namespace, self.dest, options)


def _value(val: str) -> Any:
    """A value of the command line: Python's, or a text or a list of texts without quotes."""
    text = val.strip()
    if text[:1] in ('[', '(', '{', '"', "'"):
        with contextlib.suppress(ValueError, SyntaxError, MemoryError):  # [a, b] is none
            value = ast.literal_eval(text)
            if isinstance(value, PLAIN):
                return value
    bracketed = (text[:1], text[-1:]) in (('[', ']'), ('(', ')'))
    pieces = _pieces(text[1:-1] if bracketed else text)
    if not bracketed and len(pieces) == 1:
        return _single(val)
    if pieces and not pieces[-1].strip():  # a comma at the end
        pieces.pop()
    values = [_value(piece.strip()) for piece in pieces]
    return tuple(values) if text[:1] == '(' and bracketed else values


def spelled(value: Any) -> str:
    """A value as :class:`OptionsAction` reads it back."""
    if isinstance(value, str) and _reread(value) != value:
        return repr(value)
    return str(value)


def _reread(text: str) -> Any:
    with contextlib.suppress(ValueError):
        return _value(text)
    return None


def _single(text: str) -> Any:
    """A number, a truth value, None, or the text itself."""
    for kind in (int, float):
        with contextlib.suppress(ValueError):
            return kind(text)
    known = {'true': True, 'false': False}.get(text.lower())
    return None if text == 'None' else text if known is None else known


def _pieces(text: str) -> list[str]:
    """Split at the commas that stand in no brackets.

    Raises:
        ValueError: A bracket is not closed, or was not opened.
    """
    pieces, depth = [''], 0
    for letter in text if ',' in text or text[:1] in ('[', '(') else ():
        depth += (letter in '[({') - (letter in '])}')
        if depth < 0:
            break
        if letter == ',' and depth == 0:
            pieces.append('')
        else:
            pieces[-1] += letter
    else:
        if depth == 0:
            return pieces if ',' in text or text[:1] in ('[', '(') else [text]
    raise ValueError(f'brackets of {text!r} do not match')
