"""Records, and the tables that are functions of them. Imports neither torch nor OpenMMLab."""

from mlfo_mm.reporting.records import (
    Record,
    experiment_id,
    hash_text,
    load_records,
    provenance,
    write_record,
)

__all__ = [
    'Record',
    'experiment_id',
    'hash_text',
    'load_records',
    'provenance',
    'write_record',
]
