"""What every tool begins with: imported first, it says in one line what the interpreter lacks.

:func:`cli` ends what ``main`` does in the same way, with the statuses of
:data:`mlfo_mm.commands.STATUSES`. Python's own packages will do to import this.
"""

from __future__ import annotations

import sys

if sys.version_info < (3, 11):  # noqa: UP036  (a tool may be run with any)
    HERE = f'{sys.version.split()[0]} ({sys.executable})'
    sys.stderr.write(
        f'error: Python 3.11 or newer is needed, this is {HERE}: source .venv/bin/activate, or '
        'make install PYTHON=/path/to/python3.12\n'
    )
    sys.exit(2)

import functools
import logging
import os
from collections.abc import Callable

from mlfo_mm import commands
from mlfo_mm.errors import line_of, one_line, printable_lines

STOPPED, CLOSED = 130, 141  # exit statuses: as shells have them of SIGINT and SIGPIPE

if sys.excepthook is sys.__excepthook__:  # imports come before a tool's main
    sys.excepthook = one_line


def open_streams() -> None:
    """Put what takes everything and gives nothing where a caller closed a standard stream (``>&-``).

    The next file that is opened would else have its number, and whoever writes to the stream write to it.
    """
    place = os.open(os.devnull, os.O_RDWR)
    while place <= 2:
        os.set_inheritable(place, True)
        place = os.open(os.devnull, os.O_RDWR)
    os.close(place)
    for place, (name, mode) in enumerate((('stdin', 'r'), ('stdout', 'w'), ('stderr', 'w'))):
        if getattr(sys, name) is None:
            setattr(sys, name, open(place, mode, closefd=False))  # noqa: SIM115  (until the end)


open_streams()


def plain_record(*args: object, **kwargs: object) -> logging.LogRecord:
    """A line of a log in which foreign names cannot move a terminal's cursor; its lines are kept."""
    record = logging.LogRecord(*args, **kwargs)  # type: ignore[arg-type]
    if isinstance(record.msg, str) and not record.msg.isprintable():
        record.msg = printable_lines(record.msg)
    return record


def cli(main: Callable[..., None]) -> Callable[..., None]:
    """Decorate a tool's ``main``: what a user can mend prints ``error: ...`` and exits with 2.

    That is what :func:`mlfo_mm.errors.line_of` knows; an error may have an exit status of its own.
    Ctrl-C ends a tool without a traceback, and so does a reader of its output that goes away.
    """

    @functools.wraps(main)
    def wrapped(*args, **kwargs) -> None:
        for stream in (sys.stdout, sys.stderr):
            # names of files may hold any bytes, and a terminal may know no letter but ASCII's
            if hasattr(stream, 'reconfigure'):
                stream.reconfigure(errors='backslashreplace')
        logging.setLogRecordFactory(plain_record)
        if commands.typed:
            sys.argv[0] = commands.typed
        try:
            main(*args, **kwargs)
            sys.stdout.flush()
        except KeyboardInterrupt:
            print('stopped', file=sys.stderr)
            sys.exit(STOPPED)
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # for what is left to flush
            sys.exit(CLOSED)
        except SystemExit as end:
            if isinstance(end.__context__, BrokenPipeError):  # rich made it one
                sys.exit(CLOSED)
            raise
        except Exception as error:
            line = line_of(error)
            if line is None:
                raise
            print(f'error: {line}', file=sys.stderr)
            sys.exit(getattr(error, 'status', 2))

    return wrapped
