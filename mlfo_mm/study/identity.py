"""What a run is called: one notion for plans, evaluations, failures and records. Plain data only."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, NamedTuple

from mlfo_mm.study.tasks import TASKS, UNTRAINED

if TYPE_CHECKING:
    from mlfo_mm.study.records import Record

DEFAULT = 'default'  # the variant of a recipe without changes


class RunKey(NamedTuple):
    """What the runs of one row share."""

    method: str
    variant: str
    backbone: str
    pretrain: str


def run_key(record: Record) -> RunKey:
    """Return the row identity of a record. Untrained weights have no variant and no data."""
    method = record.method
    if method in UNTRAINED and record.task in TASKS:
        method = TASKS[record.task].untrained
    if method in UNTRAINED:
        return RunKey(method, '', record.backbone, 'none')
    return RunKey(method, record.variant, record.backbone, record.pretrain_dataset)


def hash_text(text: str) -> str:
    """Return the SHA-256 of a text, as the config hashes use it."""
    return hashlib.sha256(text.encode('utf-8')).hexdigest()


def experiment_id(
    *,
    method: str,
    variant: str,
    backbone: str,
    pretrain_dataset: str,
    task: str,
    dataset: str,
    split: int,
    seed: int,
    family_hash: str,
) -> str:
    """Return the identity of an evaluation as a safe file name.

    The family hash is part of it, so a changed configuration never overwrites older results; the
    same evaluation done again replaces its record.
    """
    parts = (method, variant, backbone, pretrain_dataset, task, dataset)
    name = '-'.join(re.sub(r'[^A-Za-z0-9._+]+', '_', part).strip('_.+') or 'x' for part in parts)
    if len(name) > 150:
        name = f'{name[:140]}_{hash_text(name)[:8]}'
    return f'{name}-split{split}-seed{seed}-{family_hash[:8]}'
