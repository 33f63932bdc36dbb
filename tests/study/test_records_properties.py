"""Whatever a record holds is read back as it was written."""

from __future__ import annotations

import json
from dataclasses import asdict

from hypothesis import given, settings
from hypothesis import strategies as st

from mlfo_mm.errors import UserError
from mlfo_mm.study.identity import hash_text
from mlfo_mm.study.records import check_record, load_records, write_record
from tests.reporting.conftest import build

TEXT = st.text(st.characters(exclude_categories=('Cs',)), max_size=20)
NUMBERS = st.floats(-1e100, 1e100) | st.integers(-(2**53), 2**53)
JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)
COUNTS = st.tuples(st.integers(0, 10**6), st.integers(0, 10**6)).map(
    lambda found: dict(expected=sum(found), read=found[0], skipped=found[1])
)


@st.composite
def records(draw: st.DrawFn):
    failed = draw(st.booleans())
    config = draw(TEXT)
    length = draw(st.integers(0, 3))
    column = st.lists(st.none() | NUMBERS, min_size=length, max_size=length)
    return build(
        method=draw(TEXT),
        dataset=draw(TEXT),
        seed=draw(st.integers(0, 2**53)),
        split=draw(st.integers(1, 9)),
        metrics={}
        if failed
        else draw(st.dictionaries(TEXT, st.floats(0, 100), min_size=1, max_size=3)),
        status='failed' if failed else 'done',
        reason=draw(TEXT.filter(bool)) if failed else '',
        protocol=draw(st.dictionaries(TEXT, JSON, max_size=2))
        | dict(line=draw(TEXT.filter(str.strip)), num_classes=draw(st.integers(1, 1000))),
        config_text=config,
        config_hash=hash_text(config),
        n_samples=dict(train=draw(COUNTS), test=draw(COUNTS)),
        notes=draw(st.lists(TEXT, max_size=3)),
        details=draw(st.dictionaries(TEXT, JSON, max_size=3)),
        leakage=draw(st.dictionaries(TEXT, JSON, max_size=3)),
        train_log=draw(st.none() | st.dictionaries(TEXT, JSON, max_size=2)),
        hardware=draw(st.dictionaries(TEXT, JSON, max_size=2)),
        cost=draw(st.dictionaries(TEXT, st.floats(0, 1e12), max_size=2)),
        curves=dict(epoch=[float(n) for n in range(length)], loss=draw(column)),
    )


@settings(max_examples=60)
@given(record=records())
def test_round_trip(tmp_path_factory, record):
    folder = tmp_path_factory.mktemp('results')
    path = write_record(record, folder)
    assert load_records(folder) == [record]
    before = path.read_bytes()
    assert write_record(record, folder) == path and path.read_bytes() == before


@given(record=records(), key=st.sampled_from(sorted(asdict(build()))), value=JSON)
def test_any_value_is_taken_or_refused_in_one_line(record, key, value):
    """Never another error, and what is taken can be written."""
    data = json.loads(json.dumps(asdict(record))) | {key: value}
    try:
        taken = check_record(data, 'here')
    except UserError as error:
        assert str(error).startswith('here: ') and '\n' not in str(error)
    else:
        assert asdict(taken) == data
