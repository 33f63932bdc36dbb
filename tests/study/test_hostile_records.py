"""Records from anywhere: one line that names the file, and no way out of the folder of results."""

from __future__ import annotations

import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlfo_mm.errors import UserError
from mlfo_mm.reporting.paper import COLUMNS, load_paper
from mlfo_mm.reporting.report import make_report
from mlfo_mm.reporting.tables import make_tables
from mlfo_mm.study.records import load_records, record_path, write_record
from mlfo_mm.study.strict_json import read_json
from tests.counting import grows_linearly


@pytest.fixture
def spoil(tmp_path, make_record):
    """``spoil(how)``: what is said of a record that ``how`` made of a sound one's text."""
    path = write_record(make_record(), tmp_path)
    text = path.read_text()

    def change(how) -> str:
        new = how(text)
        path.write_bytes(new if isinstance(new, bytes) else new.encode())
        with pytest.raises(UserError) as caught:
            load_records(tmp_path)
        assert str(caught.value).startswith(str(path)) or f'{path}' in str(caught.value)
        assert '\n' not in str(caught.value)
        return str(caught.value)

    return change


def put(key: str, value: str):
    """Raw JSON in the place of a key's value."""
    return lambda text: text.rstrip()[:-1] + f', "{key}": {value}}}'


DEEP = '[' * 900 + ']' * 900
CHANGES = {
    'key that stands twice': (put('seed', '1'), "key 'seed' stands twice"),
    'key inside that stands twice': (
        lambda text: text.replace('"top1": 50.0', '"top1": 1, "top1": 99'),
        "key 'top1' stands twice",
    ),
    'deep': (lambda text: '[' * 100_000, 'not a readable JSON record'),
    'deep enough to parse': (
        lambda text: text.replace('"details": {}', f'"details": {{"a": {DEEP}}}'),
        'nested too deeply',
    ),
    'huge whole number': (
        lambda t: t.replace('"top1": 50.0', f'"top1": 1{"0" * 400}'),
        "'metrics'",
    ),
    'huge count': (
        lambda t: t.replace('"read": 160', f'"read": 1{"0" * 400}'),
        "'n_samples'",
    ),
    'huge whole number inside': (
        lambda t: t.replace('"details": {}', f'"details": {{"a": 1{"0" * 400}}}'),
        "'details'",
    ),
    'a time before all in UTC': (
        lambda t: t.replace('2026-01-01T00:01:00+00:00', '0001-01-01T00:00:00+14:00'),
        "'end'",
    ),
    'a time after all in UTC': (
        lambda t: t.replace('2026-01-01T00:01:00+00:00', '9999-12-31T23:59:59-14:00'),
        "'end'",
    ),
    'number of too many digits': (lambda t: t.replace('50.0', '9' * 5000), 'not a readable JSON'),
    'NaN': (lambda text: text.replace('50.0', 'NaN'), "'metrics'"),
    'too large to sum': (lambda text: text.replace('50.0', '1e101'), "'metrics'"),
    'huge number': (lambda text: text.replace('50.0', '1e999'), "'metrics'"),
    'half a character': (
        lambda t: t.replace('"decoder": null', r'"decoder": "\ud800"'),
        "'decoder'",
    ),
    'half a character as a key': (
        lambda text: text.replace('"details": {}', r'"details": {"\udfff": 1}'),
        "'details'",
    ),
    'UTF-16': (lambda text: text.encode('utf-16'), ':1: not UTF-8 text but UTF-16'),
    'UTF-16 without a mark': (lambda text: text.encode('utf-16-le'), 'not a readable JSON'),
    'Latin-1': (
        lambda t: t.replace('"notes": []', '"notes": ["é"]').encode('latin-1'),
        'not UTF-8',
    ),
    'cut': (lambda text: text[: len(text) // 2], 'not a readable JSON record'),
    'path as id': (lambda text: text.replace('"mlfo-default', '"../mlfo-default'), "'experiment'"),
    'NUL in the id': (
        lambda text: text.replace('"mlfo-default', r'"\u0000mlfo-default'),
        "'experiment'",
    ),
    'profile as path': (lambda text: text.replace('"demo"', '"../demo"'), "'profile'"),
}


@pytest.mark.parametrize('name', CHANGES)
def test_spoilt_records(spoil, name):
    how, message = CHANGES[name]
    assert message in spoil(how)


def test_a_mark_and_windows_line_ends_are_no_fault(tmp_path, make_record):
    record = make_record()
    path = write_record(record, tmp_path)
    path.write_bytes(b'\xef\xbb\xbf' + path.read_bytes().replace(b'\n', b'\r\n'))
    assert load_records(tmp_path) == [record]


def test_the_line_of_a_fault_is_named(tmp_path):
    path = tmp_path / 'x.json'
    path.write_text('{"a": 1,\n "b": 2,\n "c" 3}')
    with pytest.raises(UserError, match=r'x\.json:3: not a readable JSON record'):
        read_json(path)


@settings(max_examples=100)
@given(st.binary(max_size=40) | st.text(alphabet='{}[]",:0123 \\ue', max_size=40).map(str.encode))
def test_any_bytes_give_data_or_one_line(tmp_path_factory, content):
    path = tmp_path_factory.getbasetemp() / 'any.json'
    path.write_bytes(content)
    try:
        read_json(path)
    except UserError as error:
        assert str(path) in str(error) and '\n' not in str(error)


def test_what_is_no_file_does_not_keep_the_reader_waiting(tmp_path, make_record):
    folder = write_record(make_record(), tmp_path).parent
    os.mkfifo(folder / 'pipe.json')
    with pytest.raises(UserError, match=r'pipe\.json: not a file'):
        load_records(tmp_path)


@pytest.mark.parametrize('name', ['../x', '/etc/x', 'a/b', '..', 'x\0', '', 'a\n'])
def test_ids_stay_in_the_folder(tmp_path, name):
    with pytest.raises(UserError, match='no safe file name'):
        record_path('demo', name, tmp_path)
    with pytest.raises(UserError, match='no profile'):
        record_path(name, 'x', tmp_path)
    with pytest.raises(UserError, match='is none of smoke, demo'):
        load_records(tmp_path, name)


@pytest.mark.parametrize('place', ['records', 'records/demo'])
def test_folders_that_are_links_lead_nowhere_else(tmp_path, make_record, place):
    (tmp_path / 'outside').mkdir()
    link = tmp_path / 'results' / place
    link.parent.mkdir(parents=True)
    link.symlink_to(tmp_path / 'outside')
    with pytest.raises(UserError, match='a link leads out of'):
        write_record(make_record(), tmp_path / 'results')
    assert list((tmp_path / 'outside').iterdir()) == []


def test_records_that_are_links(tmp_path, make_record):
    path = write_record(make_record(), tmp_path / 'results')
    outside = path.rename(tmp_path / path.name)
    path.symlink_to(outside)
    with pytest.raises(UserError, match='a link leads out of'):
        load_records(tmp_path / 'results')
    with pytest.raises(UserError, match='a link leads out of'):
        write_record(make_record(notes=['new']), tmp_path / 'results')
    assert 'new' not in outside.read_text()
    path.unlink()
    path.symlink_to(path.name)
    with pytest.raises(UserError, match='a link leads out of'):
        load_records(tmp_path / 'results')


def test_the_folder_of_results_itself_may_be_a_link(tmp_path, make_record):
    (tmp_path / 'disk').mkdir()
    (tmp_path / 'results').symlink_to(tmp_path / 'disk')
    record = make_record()
    write_record(record, tmp_path / 'results')
    assert load_records(tmp_path / 'results') == [record]


def test_names_in_records_cannot_break_a_table(tmp_path, make_record):
    """Nor does a table fail for them."""
    hostile = 'a|b\n# <script>\x00`\u202e'
    record = make_record(method=hostile, dataset=hostile, notes=[hostile], reason='')
    write_record(record, tmp_path)
    make_tables('demo', tmp_path, ['table1'])
    rows = (tmp_path / 'tables/demo/table1.md').read_text().splitlines()
    header = next(index for index, row in enumerate(rows) if '&lt;script>' in row and '|' in row)
    assert not any('<script>' in row for row in rows)
    assert rows[header].count('|') == rows[header + 1].count('|')


@pytest.mark.parametrize('gpus', [5, None, 'x', {'a': 1}, [None, [1]]])
def test_tables_take_any_machine(tmp_path, make_record, make_pretraining, gpus):
    hardware = dict(cpu=3, cores='many', gpus=gpus)
    write_record(make_record(hardware=hardware), tmp_path)
    write_record(make_pretraining(hardware=hardware, curves=dict(epoch=[])), tmp_path)
    make_tables('demo', tmp_path, ['costs', 'training'])
    assert 'Processor' in make_report('demo', tmp_path).read_text()


def test_epochs_of_a_curve_are_numbers(tmp_path, make_pretraining):
    with pytest.raises(UserError, match="'curves': 'epoch' must hold numbers"):
        write_record(make_pretraining(curves=dict(epoch=[None], loss=[1.0])), tmp_path)


def test_tables_grow_as_the_records(tmp_path, make_record):
    def made(size: int):
        folder = tmp_path / f'{size}'
        for seed in range(size):
            write_record(make_record(seed=seed), folder)
        return lambda: load_records(folder)

    assert grows_linearly(made, 10)


@pytest.mark.parametrize(
    ('content', 'message'),
    [
        (b'\xff\xfe', r'table1\.csv:1: not UTF-8'),
        (b'a,b\n', 'the columns must be'),
        (','.join(COLUMNS).encode() + b'\nx,\xe9\n', r'table1\.csv:2: not UTF-8'),
        (','.join(COLUMNS).encode() + b'\n1' + b',a' * 10 + b',nan,,,\n', 'is no percentage'),
        (','.join(COLUMNS).encode() + b'\n"' + b'x' * 200_000, r'table1\.csv:\d+: field larger'),
    ],
)
def test_quoted_numbers(tmp_path, content, message):
    path = tmp_path / 'table1.csv'
    path.write_bytes(content)
    with pytest.raises(UserError, match=message) as caught:
        load_paper(path)
    assert '\n' not in str(caught.value)
    path.write_bytes(','.join(COLUMNS).encode() + b'\r\nshort,row\r\n')
    assert len(load_paper(path)) == 1  # cells that are not there are empty
