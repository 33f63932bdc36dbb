"""Markers against what is really there."""

from __future__ import annotations

import json
import os
import shutil
import time
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from mlfo_mm.benchmark.jobs import Job
from mlfo_mm.benchmark.state import (
    files,
    made_of,
    mark,
    open_jobs,
    products,
    read,
    reconcile,
    status,
    to_do,
    write,
)
from mlfo_mm.datasets.content import TRAINED_ON, list_facts
from mlfo_mm.files import file_sha256


def test_a_torn_state_is_none(tmp_path):
    path = tmp_path / 'state.json'
    path.write_text('{"status": "runn')
    assert read(path) == read(tmp_path / 'none.json') == {}
    path.write_text('[1]')
    assert read(path) == {}
    path.unlink()
    os.mkfifo(path)  # would wait for a writer
    assert read(path) == {}


@pytest.fixture
def plan(stand_in, tmp_path):
    """A plan whose first pretraining, with its evaluation, and tables are done."""
    plan = stand_in().plan
    checkpoint = plan.job('pretrain/a').checkpoint
    checkpoint.parent.mkdir(parents=True)
    with zipfile.ZipFile(checkpoint, 'w') as archive:
        archive.writestr('weights', b'0')
    for name in 'ab':
        record = tmp_path / f'results/records/eval_{name}.json'
        record.parent.mkdir(parents=True, exist_ok=True)
        record.write_text('{}')
    (tmp_path / 'results/tables/smoke').mkdir(parents=True)
    reconcile(plan)
    for name in ('evaluate/a', 'evaluate/b', 'tables/x'):
        mark(plan, plan.job(name), made_of(plan, plan.job(name)))
    return plan


def done(plan) -> set[str]:
    reconcile(plan)
    return {job.name for job in plan.jobs if status(plan, job) == 'done'}


ALL = {'pretrain/a', 'evaluate/a', 'evaluate/b', 'tables/x'}


def test_what_was_made_of_another_checkpoint_is_to_be_made_again(plan, tmp_path):
    assert done(plan) == done(plan) == ALL
    checkpoint = plan.job('pretrain/a').checkpoint
    when = checkpoint.stat().st_mtime
    os.utime(checkpoint, (when - 10, when - 10))  # older or newer: it is another one
    assert done(plan) == {'pretrain/a', 'evaluate/b'}
    assert (tmp_path / 'results/records/eval_a.json').is_file()


@pytest.mark.parametrize('known', [dict(made_of=[]), dict(products=3, made_of=5), dict(weights={})])
def test_a_marker_of_another_kind_is_none(known, plan):
    write(files(plan, plan.job('pretrain/a')).marker, **known)
    write(files(plan, plan.job('evaluate/b')).marker, **known)
    assert made_of(plan, plan.job('evaluate/a')) in ({}, {'pretrain/a': 3})
    assert 'pretrain/a' in done(plan)


def test_a_marker_without_its_product_is_not_believed(plan, tmp_path):
    (tmp_path / 'results/records/eval_b.json').unlink()
    assert done(plan) == {'pretrain/a', 'evaluate/a'}


def test_a_record_made_anew_makes_the_tables_anew(plan, tmp_path):
    (tmp_path / 'results/records/eval_b.json').write_text('{"other": 1}')
    assert done(plan) == ALL - {'tables/x'}


def test_a_marker_of_another_form_is_none(plan):
    write(files(plan, plan.job('evaluate/a')).marker, products=['eval_a.json'], seconds=1.0)
    assert done(plan) == {'pretrain/a', 'evaluate/b'}
    write(files(plan, plan.job('pretrain/a')).marker, products=['epoch_3.pth'], stamp=[1, 2])
    assert done(plan) == {'pretrain/a', 'evaluate/b'}  # the checkpoint speaks for itself


def test_a_failed_record_is_no_record_of_a_finished_pretraining(plan, tmp_path):
    number, job = plan.jobs.index(plan.job('pretrain/a')), plan.job('pretrain/a')
    record = tmp_path / 'results/records/a.json'
    plan.jobs[number] = replace(job, products=(*job.products, str(record)))
    for text, there in (('{"status": "done"}', True), ('{"status": "failed"}', False)):
        record.write_text(text)
        assert ('pretrain/a' in done(plan)) == there
        files(plan, job).marker.unlink(missing_ok=True)
        assert ('pretrain/a' in done(plan)) == there


@pytest.fixture
def pair(tmp_path, monkeypatch) -> Path:
    """A data set that the plan's pretraining and evaluation of ``a`` were made of."""
    folder = tmp_path / 'data/pair'
    folder.mkdir(parents=True)
    (folder / 'classes.txt').write_text('one\ntwo\n')
    for subset in ('train', 'test'):
        (folder / f'{subset}.mp4').write_text(f'a {subset} video')
        (folder / f'{subset}.txt').write_text(f'{subset}.mp4 0\n')
    monkeypatch.setenv('MLFO_DATA_ROOT', str(folder.parent))
    return folder


@pytest.fixture
def made_of_pair(plan, pair, tmp_path):
    train, test = (list_facts(pair / f'{name}.txt') for name in ('train', 'test'))
    lists = dict(test=test, training=train, pretraining=train)
    record = dict(dataset='pair', split=1, leakage=dict(lists=lists))
    (tmp_path / 'results/records/eval_a.json').write_text(json.dumps(record))
    told = json.dumps(train | dict(dataset='pair', split=1))
    (plan.job('pretrain/a').checkpoint.parent / TRAINED_ON).write_text(told)
    reconcile(plan)
    for name in ('evaluate/a', 'tables/x'):
        mark(plan, plan.job(name), made_of(plan, plan.job(name)))
    return plan


def test_what_was_made_of_other_data_is_to_be_made_again(made_of_pair, pair, tmp_path, monkeypatch):
    plan = made_of_pair
    assert done(plan) == ALL
    shutil.copytree(pair.parent, tmp_path / 'moved')
    monkeypatch.setenv('MLFO_DATA_ROOT', str(tmp_path / 'moved'))
    assert done(plan) == ALL  # the same data elsewhere
    (tmp_path / 'moved/pair/test.txt').write_text('test.mp4 1\n')
    assert done(plan) == {'pretrain/a', 'evaluate/b'}
    assert [job.name for job in open_jobs(plan)] == ['evaluate/a', 'tables/x']


def test_a_pretraining_on_other_videos_is_made_again_with_what_was_made_of_it(made_of_pair, pair):
    plan = made_of_pair
    (pair / 'train.mp4').write_text('another video')
    assert done(plan) == {'evaluate/b'}
    assert [job.name for job in open_jobs(plan)] == ['pretrain/a', 'evaluate/a', 'tables/x']


def test_data_that_are_not_here_change_nothing(made_of_pair, pair):
    shutil.rmtree(pair)
    assert done(made_of_pair) == ALL


def test_records_that_were_brought_back_are_of_these_weights_or_made_again(plan, tmp_path):
    number, job = plan.jobs.index(plan.job('pretrain/a')), plan.job('pretrain/a')
    own, other = file_sha256(job.checkpoint), '0' * 64
    records = tmp_path / 'results/records'
    job = plan.jobs[number] = replace(job, products=(*job.products, str(records / 'a.json')))

    def bring(name: str, sha256: str) -> None:
        text = json.dumps(dict(status='done', checkpoint=dict(name='x.pth', sha256=sha256)))
        (records / name).write_text(text)
        os.utime(records / name, (1, 1))  # as old as they please

    for name in ('a.json', 'eval_a.json'):
        bring(name, own)
    reconcile(plan)
    for name in ('pretrain/a', 'evaluate/a', 'tables/x'):
        mark(plan, plan.job(name), made_of(plan, plan.job(name)))
    assert done(plan) == done(plan) == ALL
    bring('eval_a.json', other)
    assert done(plan) == {'pretrain/a', 'evaluate/b'}
    bring('eval_a.json', own)
    for name in ('evaluate/a', 'tables/x'):
        mark(plan, plan.job(name), made_of(plan, plan.job(name)))
    assert done(plan) == ALL
    for name in ('a.json', 'eval_a.json'):  # all of an earlier training
        bring(name, other)
    assert done(plan) == done(plan) == {'evaluate/b'}
    assert [each.name for each in open_jobs(plan)] == ['pretrain/a', 'evaluate/a', 'tables/x']


def test_where_data_lie(plan, digits, tmp_path):
    job = Job('data/x', 'x', (), facts=dict(datasets=['digits_motion', 'nowhere']))
    assert products(plan, job) == [digits / 'digits_motion', Path(plan.cwd, 'data/nowhere')]


def test_a_time_in_the_future_makes_nothing_stale(plan, tmp_path):
    """A clock that was set back, or that of a file server."""
    later = time.time() + 86400
    for folder in (Path(plan.folder), tmp_path / 'results'):
        for path in filter(Path.is_file, folder.rglob('*')):
            os.utime(path, (later, later))
    for job in plan.jobs:  # those of results are stamps: they changed
        if files(plan, job).marker.is_file():
            mark(plan, job, made_of(plan, job))
    jobs, _ = to_do(plan)
    assert not jobs and done(plan) == ALL
