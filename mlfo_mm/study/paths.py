"""Where the repository's own files lie."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parents[1]
# an installed package carries them, in the folder that MMAction2's kind of packages have for it
_CARRIED = _PACKAGE / '.mim'
REPOSITORY = _CARRIED if _CARRIED.is_dir() else _PACKAGE.parent
CONFIGS = REPOSITORY / 'configs'
REFERENCE = REPOSITORY / 'results' / 'reference'  # shipped; runs of one's own lie beside it
