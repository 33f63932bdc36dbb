"""What a command that was killed has left: hashes of its finished files, and how far it came."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

import numpy as np

from mlfo_mm.engine.checkpoints import read_checkpoint, tensors_of

ITERATION = re.compile(r'Epoch\(train\)\s+\[\d+\]\[\s*\d+/\d+\]')
COMPARED = ('experiment', 'metrics', 'curves', 'details', 'n_samples', 'status', 'notes')


def products(folder: Path) -> dict[str, str]:
    """Hash of what each finished file says, times left out; half a file is an error.

    Stored features are named by their hash: the name that they have is of a checkpoint and its time.
    """
    found = {}
    for name in sorted(p.relative_to(folder) for p in folder.rglob('*') if p.name[0] != '.'):
        path, parts = folder / name, []
        if path.suffix == '.pth':
            parts = [v.numpy().tobytes() for v in tensors_of(read_checkpoint(path)).values()]
        elif path.suffix == '.npz':
            parts = [array.tobytes() for array in np.load(path).values()]
        elif 'records' in name.parts and path.is_file():
            record = json.loads(path.read_text())
            parts = [repr(record.get(key)).encode() for key in COMPARED]
        elif name.parts[0] in ('results', 'frames') and path.is_file() and name.stem != 'costs':
            parts = [path.read_bytes()]
            if path.suffix == '.json':
                assert json.loads(parts[0])['bytes'] == path.with_suffix('.npy').stat().st_size
        if parts:
            said = hashlib.sha256(b'|'.join(parts)).hexdigest()[:16]
            found[str(name.with_name(said) if path.suffix == '.npz' else name)] = said
    return found


def reached(folder: Path) -> str:
    """How far a command came: its last logged step, else the last line of its log."""
    log = (folder / 'log').read_text(errors='replace')
    lines = ITERATION.findall(log)[-1:] + log.split('\n')[::-1]
    return next((line.strip()[:100] for line in lines if line.strip()), '')
