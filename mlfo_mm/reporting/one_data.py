"""Which records are of the same data and protocol: only those share a column, a mean or a claim."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from mlfo_mm.study.identity import contents
from mlfo_mm.study.records import Record
from mlfo_mm.study.tasks import PRETRAIN


def of_one_data(records: Iterable[Record]) -> tuple[list[Record], list[str]]:
    """Leave out what was made of other data than the newest finished record that names them.

    Data are the lists of a record with their classes and videos, see :func:`contents`; the version of
    a task's protocol counts as well. Where the newest evaluation says what its data were, one that
    does not is left out too. Shipped records stand in rows of their own and stay.

    Returns:
        The records, and a note on each list of which some are left out.
    """
    records = list(records)
    newest: dict[str, str] = {}
    known: set[str] = set()
    done = [record for record in records if record.status == 'done' and not record.reference]
    for record in sorted(done, key=lambda each: (each.finished(), each.experiment)):
        newest |= _facts(record)
        if record.task != PRETRAIN and contents(record.leakage):
            known.add(record.dataset)
    kept, other = [], Counter[str]()
    for record in records:
        changed = [key for key, fact in _facts(record).items() if newest.get(key, fact) != fact]
        if record.dataset in known and not contents(record.leakage) and record.task != PRETRAIN:
            changed.append(f'unknown {record.dataset}')
        if changed and record.status == 'done' and not record.reference:
            other[changed[0]] += 1
        else:
            kept.append(record)
    return kept, [_note(key, count) for key, count in sorted(other.items())]


def _facts(record: Record) -> dict[str, str]:
    version = record.protocol.get('version')
    facts = {} if version is None else {f'protocol {record.task}': str(version)}
    return facts | contents(record.leakage)


def _note(key: str, count: int) -> str:
    role, _, name = key.partition(' ')
    if role == 'unknown':
        why = f'do not say which data {name} was, as the newest one does'
    elif role == 'protocol':
        why = f'are of another version of the protocol of {name} than the newest one'
    else:
        why = f'are of another {role} list {name} (lines, labels or videos) than the newest one'
    return f'{count} records {why}: left out.'
