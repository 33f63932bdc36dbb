"""Records: exact round trip, strict reading, safe names."""

from __future__ import annotations

import json
from dataclasses import asdict, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlfo_mm.errors import UserError
from mlfo_mm.study.identity import experiment_id, hash_text
from mlfo_mm.study.records import SAFE_ID, load_records, write_record


def test_round_trip_is_exact(tmp_path, make_record):
    record = make_record(
        metrics={'R@1': 100 / 3, 'R@1_centred': 0.1 + 0.2},
        task='retrieval',
        train_log=dict(loss=[1.0, 0.5], epochs=2),
        notes=['ü | "quoted"'],
        checkpoint=None,
        decoder='pyav',
    )
    path = write_record(record, tmp_path)
    assert path == tmp_path / 'records' / 'demo' / f'{record.experiment}.json'
    assert load_records(tmp_path, 'demo') == [record]
    assert load_records(tmp_path) == [record]
    assert load_records(tmp_path, 'mini') == []


def test_round_trip_of_a_pretraining(tmp_path, make_record):
    record = make_record(
        task='pretrain',
        metrics=dict(loss=104.5, stat_edges_low=211.0, loss_semantic=-0.5),
        cost=dict(params_m=2.1, gflops=0.5, clips_per_s=31.0, peak_memory_mb=900, wall_time_s=7.5),
        curves=dict(epoch=[1, 2], loss=[110.0, 104.5], loss_graph_low=[None, 2.5]),
        details=dict(neighbours=[dict(path='a.mp4', hit=True, frames=[0, 4])]),
    )
    write_record(record, tmp_path)
    assert load_records(tmp_path) == [record]


def test_record_of_before_loads_unchanged(tmp_path, make_record):
    record = make_record()
    path = write_record(record, tmp_path)
    data = json.loads(path.read_text())
    for key in ('cost', 'curves', 'details'):
        assert data.pop(key) == {}
    path.write_text(json.dumps(data))
    assert load_records(tmp_path) == [record]


def test_load_order_and_left_over_temporary_files(tmp_path, make_record):
    for seed in (2, 0, 1):
        path = write_record(make_record(seed=seed), tmp_path)
    (path.parent / '.half.json').write_text('{"met')
    assert [record.seed for record in load_records(tmp_path, 'demo')] == [0, 1, 2]


def test_no_records_folder(tmp_path):
    assert load_records(tmp_path / 'nowhere') == []


def spoil(key, value):
    return lambda data: data.__setitem__(key, value)


BROKEN = {
    'unknown key': (lambda d: d.update(metrcs={}), r"'metrcs' \(did you mean 'metrics'\?\)"),
    'missing key': (lambda d: d.pop('config_text'), "'config_text' is missing"),
    'text for a number': (spoil('seed', '0'), "'seed' must be int"),
    'bool for a number': (spoil('seed', True), "'seed' must be int"),
    'number for a text': (spoil('method', 3), "'method' must be str"),
    'list for a dict': (spoil('metrics', [50]), "'metrics'"),
    'text metric': (spoil('metrics', dict(top1='50')), "'metrics'"),
    'nan metric': (spoil('metrics', dict(top1=float('nan'))), "'metrics'"),
    'infinite metric': (spoil('metrics', dict(top1=float('inf'))), "'metrics'"),
    'negative metric': (spoil('metrics', dict(top1=-0.1)), 'top1 is -0.1, allowed 0 to 100'),
    'metric over 100': (spoil('metrics', dict(top1=100.1)), 'top1 is 100.1'),
    'no metric': (spoil('metrics', {}), "'metrics': is empty"),
    'nan in the log': (spoil('train_log', dict(loss=[float('nan')])), "'train_log'"),
    'unknown task': (spoil('task', 'retrival'), r"did you mean 'retrieval'\?"),
    'unknown profile': (spoil('profile', 'dmeo'), r"did you mean 'demo'\?"),
    'no protocol line': (spoil('protocol', dict(num_classes=8)), "'protocol': needs 'line'"),
    'no classes': (spoil('protocol', dict(line='x', num_classes=0)), 'num_classes'),
    'other version': (spoil('schema_version', 99), "'schema_version': is 99"),
    'no test counts': (spoil('n_samples', dict(train={})), "'n_samples'"),
    'negative count': (
        lambda d: d['n_samples']['test'].update(skipped=-1),
        "'n_samples': test needs",
    ),
    'counts that do not add up': (
        lambda d: d['n_samples']['test'].update(read=d['n_samples']['test']['expected'] + 1),
        "'n_samples': test: read and skipped do not make up expected",
    ),
    'no hash': (spoil('checkpoint', dict(name='a.pth')), "'checkpoint': needs name and sha256"),
    'no commit': (
        spoil('git', dict(dirty=True)),
        r"'git': needs commit and dirty, has \['dirty'\]",
    ),
    'no time': (spoil('end', 'yesterday'), "'end': 'yesterday' is not an ISO 8601 time"),
    'negative cost': (spoil('cost', dict(gflops=-1)), "'cost': gflops is -1"),
    'text cost': (spoil('cost', dict(gflops='1')), "'cost'"),
    'curve without epochs': (spoil('curves', dict(loss=[1.0])), "'curves': needs 'epoch'"),
    'curves of two lengths': (
        spoil('curves', dict(epoch=[1, 2], loss=[1.0])),
        r"'curves'.*\{'epoch': 2, 'loss': 1\}",
    ),
    'nan in a curve': (spoil('curves', dict(epoch=[float('nan')])), "'curves'"),
    'nan in the details': (spoil('details', dict(cam=[[float('inf')]])), "'details'"),
    'edited config': (spoil('config_text', 'seed = 1'), "'config_hash'"),
    'failed with metrics': (spoil('status', 'failed'), "'status': a failed run"),
    'other file name': (spoil('experiment', 'other'), 'belong to records/demo/other.json'),
    'path in the id': (spoil('experiment', '../x'), "'experiment'"),
}


@pytest.mark.parametrize('name', BROKEN)
def test_malformed_record_names_file_and_key(tmp_path, make_record, name):
    change, message = BROKEN[name]
    path = write_record(make_record(), tmp_path)
    data = json.loads(path.read_text())
    change(data)
    path.write_text(json.dumps(data))
    with pytest.raises(UserError, match=message) as caught:
        load_records(tmp_path, 'demo')
    assert str(caught.value).startswith(str(path)) and '\n' not in str(caught.value)


@pytest.mark.parametrize('text', ['', '{"a": ', '[]', '\x80'])
def test_unreadable_file(tmp_path, make_record, text):
    path = write_record(make_record(), tmp_path)
    path.write_text(text, encoding='latin-1')
    with pytest.raises(UserError, match=path.name):
        load_records(tmp_path)


@pytest.mark.parametrize(
    'name', ['../evil', 'a/b', '..', '.hidden', '', 'a\\b', 'a b', 'a\0b', 'x' * 201, '/etc/x']
)
def test_unsafe_id_is_refused_and_nothing_written(tmp_path, make_record, name):
    with pytest.raises(UserError, match='experiment'):
        write_record(make_record(experiment=name), tmp_path / 'results')
    assert list(tmp_path.iterdir()) == []


def test_write_checks_too(tmp_path, make_record):
    with pytest.raises(UserError, match='top1'):
        write_record(make_record(metrics=dict(top1=101.0)), tmp_path)
    with pytest.raises(UserError, match="'profile'"):
        write_record(make_record(profile='../demo'), tmp_path)
    assert list(tmp_path.iterdir()) == []


IDENTITY = dict(
    method='mlfo',
    variant='default',
    backbone='r3d18',
    pretrain_dataset='ucf101',
    task='finetune',
    dataset='hmdb51',
    split=1,
    seed=0,
    family_hash=hash_text('a'),
)


def test_experiment_id_tells_runs_apart():
    other = dict(
        method='simclr',
        variant='official',
        backbone='s3d',
        pretrain_dataset='kinetics400',
        task='retrieval',
        dataset='ucf101',
        split=2,
        seed=1,
        family_hash=hash_text('b'),
    )
    names = {experiment_id(**IDENTITY | {key: value}) for key, value in other.items()}
    assert len(names | {experiment_id(**IDENTITY)}) == len(IDENTITY) + 1
    assert experiment_id(**IDENTITY) == (
        'mlfo-default-r3d18-ucf101-finetune-hmdb51-split1-seed0-' + hash_text('a')[:8]
    )


@given(st.text(max_size=300), st.text(max_size=300))
def test_experiment_id_is_always_a_safe_name(method, dataset):
    name = experiment_id(**IDENTITY | dict(method=method, dataset=dataset))
    assert SAFE_ID.fullmatch(name) and '..' not in name.split('-')


def test_long_names_are_cut_and_told_apart():
    names = {experiment_id(**IDENTITY | dict(method='m' * 200 + end)) for end in 'ab'}
    assert len(names) == 2 and max(map(len, names)) < 200


def test_failed_record_needs_a_reason(tmp_path, make_record):
    failed = make_record(status='failed', metrics={}, reason='NaN loss at step 7')
    write_record(failed, tmp_path)
    assert load_records(tmp_path) == [failed]
    with pytest.raises(UserError, match='reason'):
        write_record(replace(failed, reason=''), tmp_path)


def test_defaults_may_be_missing_in_the_file(tmp_path, make_record):
    record = make_record()
    path = write_record(record, tmp_path)
    data = {key: value for key, value in asdict(record).items() if key != 'train_log'}
    path.write_text(json.dumps(data))
    assert load_records(tmp_path) == [record]


def test_end_without_time_zone_is_utc(make_record):
    with_zone = make_record(end='2026-01-01T02:00:00+01:00')
    assert with_zone.finished() == make_record(end='2026-01-01T01:00:00').finished()
