"""torch's launcher, ``torchrun``, ending as the tools do: ``python -m mlfo_mm.torchrun ...``.

What its processes said of a user's error, or of being stopped, is said; torchrun itself would add a
traceback of its own. What is left is its summary of who failed first. SIGTERM goes on to the
processes, which have half a minute to save what they have.
"""

from __future__ import annotations

import sys

from torch.distributed.elastic.multiprocessing.api import SignalException
from torch.distributed.elastic.multiprocessing.errors import ChildFailedError
from torch.distributed.run import parse_args, run

from mlfo_mm.start import cli  # first: it says what is not installed

TOLD = (2, 143)  # exit statuses of processes that have said why: of a UserError, and of SIGTERM


@cli
def main() -> None:
    """Run the processes and end with the exit status of the first one that failed."""
    try:
        run(parse_args(sys.argv[1:]))
    except SignalException as error:
        sys.exit(128 + int(error.sigval))
    except ChildFailedError as error:
        _, first = error.get_first_failure()
        if first.exitcode not in TOLD:
            print(error, file=sys.stderr)
        sys.exit(first.exitcode if first.exitcode > 0 else 128 - first.exitcode)


if __name__ == '__main__':
    main()
