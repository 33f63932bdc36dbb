"""``python -m mlfo_mm`` is the command ``mlfo``."""

from mlfo_mm.cli import main

main()
