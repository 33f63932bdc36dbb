"""Say what is installed and found here, and what would mend it.

A line each for Python, the packages, decoders, GPUs and data sets. Exit status 1: something essential
is wrong.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from mlfo_mm.start import cli  # first: it says what is not installed

from mlfo_mm.arguments import Parser
from mlfo_mm.commands import as_typed
from mlfo_mm.errors import environment
from mlfo_mm.installation import report


@cli
def main() -> None:
    """Print the findings; the exit status is 1 if something essential is wrong."""
    Parser(__doc__, ['']).parse_args()
    findings = []
    for finding in report():
        findings.append(finding)
        print(f'{finding.status:6}{finding.name:12}{finding.text}', flush=True)
        if finding.remedy:
            print(f'{"":18}-> {as_typed(finding.remedy)}', flush=True)
    wrong = sum(finding.status == 'wrong' for finding in findings)
    print(
        f'{wrong} essential thing(s) wrong; all at once: {environment()}'
        if wrong
        else 'all essential things are in order'
    )
    sys.exit(bool(wrong))


if __name__ == '__main__':
    main()
