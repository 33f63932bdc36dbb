"""Which rows a table says not to be above random weights."""

from __future__ import annotations

from mlfo_mm.reporting.aggregate import fill_block
from mlfo_mm.reporting.specs import TABLES, Row
from mlfo_mm.study.profiles import PROFILES

PROBE, FINETUNE = TABLES['table1'].blocks
ROWS = (
    Row('random', 'r3d18', '', '', kind='baseline'),
    Row('scratch', 'r3d18', '', '', kind='baseline'),
    Row('mlfo', 'r3d18', 'kinetics400', 'default', kind='quoted'),
)
COUNTS = {name: dict(expected=480, read=480, skipped=0) for name in ('train', 'test')}


def notes(make_record, block, **accuracies):
    records = [
        make_record(
            method=method,
            variant='x' if method in ('random', 'scratch') else 'default',
            task=block.task,
            metrics=dict(top1=top1),
            n_samples=COUNTS,
        )
        for method, top1 in accuracies.items()
    ]
    panel = fill_block(block, ROWS, records, PROFILES['demo'])
    return [note for note in panel.notes['digits_motion'] if 'random weights' in note]


def test_a_row_within_the_error_of_random_weights_is_named(make_record):
    # two accuracies around 40 of 480 clips: a standard error of 3.2, 1.96 of them are 6.2
    (note,) = notes(make_record, PROBE, random=40.0, mlfo=46.0)
    assert note.startswith('digits_motion, top-1 not above that of random weights (40.0) by more')
    assert note.endswith(': MLFO (46.0).')
    assert note.endswith('(46.0).')
    assert notes(make_record, PROBE, random=40.0, mlfo=46.5) == []


def test_nothing_is_said_without_random_weights_or_of_finetuning(make_record):
    assert notes(make_record, PROBE, mlfo=20.0) == []
    assert notes(make_record, FINETUNE, scratch=60.0, mlfo=20.0) == []
