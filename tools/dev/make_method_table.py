"""Rewrite the table of methods in configs/README.md from configs/<method>/method.toml. Needs no torch."""

from __future__ import annotations

import argparse
from pathlib import Path

from mlfo_mm.start import cli
from mlfo_mm.study.paths import CONFIGS
from mlfo_mm.reporting.method_table import write_method_table


def parse_args() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--configs', type=Path, default=CONFIGS, help='folder of the methods')
    return parser.parse_args()


@cli
def main() -> None:
    """Run the tool."""
    print(write_method_table(parse_args().configs))


if __name__ == '__main__':
    main()
