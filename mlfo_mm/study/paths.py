"""Where the repository's own files lie."""

from __future__ import annotations

from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
CONFIGS = REPOSITORY / 'configs'
REFERENCE = REPOSITORY / 'results' / 'reference'  # shipped; runs of one's own lie beside it
