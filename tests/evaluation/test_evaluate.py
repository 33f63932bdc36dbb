"""Whole evaluations on tiny real videos with the smoke profile."""

from __future__ import annotations

import shutil
from collections import Counter

import pytest
import torch
from mmaction.registry import MODELS

from mlfo_mm.engine.config import load_config
from mlfo_mm.errors import UserError
from mlfo_mm.evaluation import trial
from mlfo_mm.evaluation.evaluate import evaluate, evaluate_all, summary
from mlfo_mm.evaluation.tasks import TASKS
from mlfo_mm.reporting.tables import make_tables
from mlfo_mm.study.records import load_records

ALL_READ = {
    'train': {'expected': 6, 'read': 6, 'skipped': 0},
    'test': {'expected': 4, 'read': 4, 'skipped': 0},
}


@pytest.fixture
def checkpoint(tmp_path, request_for):
    """A checkpoint as a pretraining run of the smoke config writes it."""
    config = load_config(request_for('retrieval').run)
    torch.manual_seed(3)
    backbone = MODELS.build(config.model.backbone)
    backbone.init_weights()
    state = {f'backbone.{key}': value for key, value in backbone.state_dict().items()}
    state['levels.high.weight'] = torch.zeros(2)
    meta = {'cfg': config.pretty_text, 'seed': 5, 'epoch': 2}
    path = tmp_path / 'epoch_2.pth'
    torch.save({'state_dict': state, 'meta': meta}, path)
    return path


def test_retrieval_writes_a_full_record(request_for, checkpoint, tmp_path, capsys):
    request = request_for('retrieval', checkpoint=str(checkpoint))
    record, path = evaluate(request, tmp_path / 'results')
    assert load_records(tmp_path / 'results', 'smoke') == [record]
    assert path.parent == tmp_path / 'results/records/smoke'
    assert (record.method, record.variant, record.backbone) == ('mlfo', 'default', 'r3d18')
    assert record.pretrain_dataset == 'digits_motion'
    assert record.seed == 5  # the checkpoint's
    assert record.n_samples == ALL_READ
    assert record.checkpoint['name'] == 'epoch_2.pth'
    assert record.decoder in ('decord', 'pyav')
    # 6 gallery videos: R@10 and R@20 mean nothing
    assert set(record.metrics) == {'R@1', 'R@5', 'R@1_centred', 'R@5_centred'}
    assert set(record.outcomes) == {'R@1', 'R@1_centred'}
    assert 'R@10 needs 10 gallery videos, there are 6: n/a' in record.notes
    assert record.protocol['num_clips'] == 2
    line = record.protocol['line']
    for part in ('pair split 1', '8 frames x stride 4', '32 px', 'cosine'):
        assert part in line
    assert 'tensors loaded; left out: levels (expected)' in capsys.readouterr().out
    assert line in summary(record)


@pytest.mark.parametrize('average', ['prob', 'score'])
def test_probe_learns_separable_videos(request_for, checkpoint, tmp_path, average):
    request = request_for('linear_probe', checkpoint=str(checkpoint), average=average)
    record, _ = evaluate(request, tmp_path / 'results')
    assert record.metrics == {'top1': 100.0, 'mean_class': 100.0}
    assert record.outcomes == {'top1': ' '.join(['100'] * ALL_READ['test']['read'])}
    assert record.n_samples == ALL_READ
    assert 'top5 says nothing with 2 classes: n/a' in record.notes
    assert 'whole groups left out' in record.protocol['line']
    assert f'mean {"softmax" if average == "prob" else "logits"}' in record.protocol['line']
    told = dict(classes=['stripes', 'noise'], labels='0 1 0 1', predicted='0 1 0 1')
    assert record.details == dict(answers=told)


def test_probe_and_retrieval_share_features(request_for, checkpoint, tmp_path, capsys):
    evaluate(request_for('retrieval', checkpoint=str(checkpoint)), tmp_path / 'results')
    assert 'reusing' not in capsys.readouterr().out
    evaluate(request_for('linear_probe', checkpoint=str(checkpoint)), tmp_path / 'results')
    assert capsys.readouterr().out.count('reusing') == 2
    evaluate(request_for('retrieval'), tmp_path / 'results')  # other weights
    assert 'reusing' not in capsys.readouterr().out


def test_probe_of_each_level(request_for, checkpoint, tmp_path, capsys):
    results = tmp_path / 'results'
    probe, _ = evaluate(request_for('linear_probe', checkpoint=str(checkpoint)), results)
    levels, _ = evaluate(request_for('level_probe', checkpoint=str(checkpoint)), results)
    assert capsys.readouterr().out.count('reusing') == 2
    assert list(levels.metrics) == list(levels.outcomes) == ['top1_low', 'top1_mid', 'top1_high']
    assert levels.metrics['top1_high'] == probe.metrics['top1']
    accuracy = levels.protocol['validation_accuracy']
    assert accuracy['high'] == probe.protocol['validation_accuracy']
    assert levels.protocol['strength']['high'] == probe.protocol['strength']
    assert set(levels.protocol['strength']) == {'low', 'mid', 'high'}
    assert levels.cost == probe.cost
    model = MODELS.build(load_config(request_for('level_probe').run).model.backbone)
    assert levels.cost['params_m'] == pytest.approx(
        sum(p.numel() for p in model.parameters()) / 1e6, abs=1e-4
    )
    assert levels.cost['gflops'] > 0


def test_one_failure_does_not_stop_the_others(request_for, checkpoint, tmp_path, monkeypatch):
    results = tmp_path / 'results'
    good, _ = evaluate(request_for('retrieval'), results)

    def broken(_):
        raise ValueError('out of\nluck')

    requests = [
        request_for(task, checkpoint=weights)
        for weights in (str(checkpoint), 'none')
        for task in ('retrieval', 'level_probe')
    ]
    with monkeypatch.context() as patch:
        patch.setitem(TASKS, 'retrieval', broken)
        outcomes = list(evaluate_all(requests, results))
    assert [outcome.error is None for outcome in outcomes] == [False, True] * 2
    records = {(r.method, r.task): r for r in load_records(results)}
    assert len(records) == 4
    assert records['mlfo', 'retrieval'].status == 'failed'
    assert records['mlfo', 'retrieval'].reason == 'ValueError: out of luck'
    assert records['random', 'retrieval'] == good  # a known number is not lost
    # a failure is never reused, a result is
    (again,) = evaluate_all(requests[:1], results, reuse=True)
    assert again.record.status == 'done'
    with monkeypatch.context() as patch:
        patch.setitem(TASKS, 'retrieval', broken)
        (reused,) = evaluate_all(requests[:1], results, reuse=True)
    assert reused.record == again.record


def test_faulty_request_stops_before_anything_runs(request_for, tmp_path):
    requests = [request_for('retrieval'), request_for('retrieval', dataset='pear')]
    with pytest.raises(UserError, match="no data set 'pear'"):
        list(evaluate_all(requests, tmp_path / 'results'))
    assert not (tmp_path / 'results').exists()


def test_weights_are_read_once(request_for, checkpoint, tmp_path, capsys):
    tasks = ('retrieval', 'level_probe')
    requests = [request_for(task, checkpoint=str(checkpoint)) for task in tasks]
    assert len(list(evaluate_all(requests, tmp_path / 'results'))) == 2
    assert capsys.readouterr().out.count('tensors loaded') == 1


def test_lists_are_read_and_compared_once(request_for, checkpoint, monkeypatch):
    calls = Counter()

    def counted(name):
        inner = getattr(trial, name)

        def call(*arguments):
            calls[name] += 1
            return inner(*arguments)

        monkeypatch.setattr(trial, name, call)

    for name in ('checked_lists', 'read_list', 'read_classes', 'load_backbone'):
        counted(name)
    shared, tasks = trial.Shared(), ('retrieval', 'level_probe', 'finetune')
    trials = [
        trial.prepare(request_for(task, checkpoint=str(checkpoint)), shared) for task in tasks
    ]
    once = dict(checked_lists=1, read_list=2, read_classes=1, load_backbone=1)
    assert calls == once
    compared = ('path', 'file', 'group', 'content', 'frames')
    assert {tuple(each.leakage['compared']) for each in trials} == {compared}
    # other weights rest on other lists, of the same data
    trial.prepare(request_for('retrieval'), shared)
    assert calls == once | dict(checked_lists=2)
    # each of its own reads for itself
    trial.prepare(request_for('retrieval'))
    assert calls == dict(checked_lists=3, read_list=4, read_classes=2, load_backbone=1)


def test_finetune_trains_and_resumes(request_for, tmp_path, capsys):
    options = {'train_cfg.max_epochs': 4, 'log_level': 'ERROR'}
    request = request_for('finetune', options=options, seed=1, amp=True)
    first, _ = evaluate(request, tmp_path / 'results')
    assert (first.method, first.pretrain_dataset, first.checkpoint) == ('scratch', 'none', None)
    assert first.train_log['epochs'] == 4
    assert first.n_samples == ALL_READ
    assert 'finetune of the whole network, 4 epochs' in first.protocol['line']
    assert first.protocol['frozen'] is False
    again, _ = evaluate(request, tmp_path / 'results')  # finished: only tested
    assert 'resuming from' in capsys.readouterr().out
    assert again.metrics == first.metrics
    assert again.experiment == first.experiment


def test_online_probe_of_paper_profile(request_for, tmp_path):
    run = tmp_path / 'tiny.py'  # of the published scale, in the size of smoke
    load_config('mlfo/r3d18@smoke').dump(run)
    run.write_text(run.read_text().replace("profile = 'smoke'", "profile = 'paper'"))
    options = {
        'train_cfg.max_epochs': 2,
        'downstream.num_workers': 0,
        'downstream.num_clips': 2,
        'log_level': 'ERROR',
    }
    request = request_for('linear_probe', run=str(run), options=options)
    record, path = evaluate(request, tmp_path / 'results')
    assert record.protocol['probe'] == 'online'
    assert record.protocol['frozen'] is True
    assert (record.method, record.profile) == ('random', 'paper')
    assert path.parent.name == 'paper'


def test_changed_settings_get_a_record_of_their_own(request_for, tmp_path):
    results = tmp_path / 'results'
    evaluate(request_for('retrieval'), results)
    evaluate(request_for('retrieval', seed=1), results)
    evaluate(request_for('retrieval', options={'frame_interval': 1}), results)
    records = load_records(results, 'smoke')
    assert len(records) == 3
    assert len({record.family_hash for record in records}) == 2


def test_broken_test_video_is_named_or_counted(request_for, videos, tmp_path, monkeypatch):
    root = tmp_path / 'root'
    shutil.copytree(videos, root)
    (root / 'pair/test_g01_c3.mp4').write_bytes(b'')
    monkeypatch.setenv('MLFO_DATA_ROOT', str(root))
    # a worker process must name it as well
    request = request_for('retrieval', options={'downstream.num_workers': 1})
    monkeypatch.setenv('MLFO_DATA_ROOT', str(root))
    with pytest.raises(UserError, match=r'^cannot decode .*test_g01_c3\.mp4 .*line 4 of test\.txt'):
        evaluate(request, tmp_path / 'results')
    (failed,) = load_records(tmp_path / 'results')
    assert (failed.status, failed.metrics) == ('failed', {})
    assert failed.reason.startswith('cannot decode')
    assert 'test_g01_c3.mp4' in failed.reason
    request = request_for('retrieval', skip_broken=True)
    monkeypatch.setenv('MLFO_DATA_ROOT', str(root))
    record, _ = evaluate(request, tmp_path / 'results')
    assert record.n_samples['test'] == {'expected': 4, 'read': 3, 'skipped': 1}
    assert '1 of 4 test videos are broken' in record.notes
    make_tables('smoke', tmp_path / 'results', ['table4'])
    table = (tmp_path / 'results/tables/smoke/table4.md').read_text()
    assert '- pair: 3 test clips (1 skipped), 6 train clips (0 skipped).' in table


def test_broken_training_video_is_counted(request_for, videos, tmp_path, monkeypatch):
    root = tmp_path / 'root'
    shutil.copytree(videos, root)
    (root / 'pair/train_g01_c3.mp4').write_bytes(b'')
    # in a worker: what it notes, and the epoch that it is told, live in shared memory
    options = {'log_level': 'ERROR', 'downstream.num_workers': 1}
    request = request_for('finetune', skip_broken=True, options=options)
    monkeypatch.setenv('MLFO_DATA_ROOT', str(root))
    record, _ = evaluate(request, tmp_path / 'results')
    assert record.n_samples['train'] == {'expected': 6, 'read': 5, 'skipped': 1}
    assert '1 of 6 train videos are broken' in record.notes


def test_finetuning_goes_on_only_with_the_same_weights_and_videos(
    request_for, videos, checkpoint, tmp_path, monkeypatch, capsys
):
    root = tmp_path / 'root'
    shutil.copytree(videos, root)
    request = request_for('finetune', checkpoint=str(checkpoint), options={'log_level': 'ERROR'})
    monkeypatch.setenv('MLFO_DATA_ROOT', str(root))
    evaluate(request, tmp_path / 'results')
    state = torch.load(checkpoint, weights_only=True)
    torch.save(state | {'pretrained': 'again'}, checkpoint)
    evaluate(request, tmp_path / 'results')
    assert 'resuming' not in capsys.readouterr().out
    shutil.copy(root / 'pair/train_g00_c0.mp4', root / 'pair/train_g00_c1.mp4')
    evaluate(request, tmp_path / 'results')
    assert 'resuming' not in capsys.readouterr().out


def test_damaged_cache_is_made_again(request_for, tmp_path, capsys):
    first, _ = evaluate(request_for('retrieval'), tmp_path / 'results')
    for file in (tmp_path / 'work/features').iterdir():
        file.write_bytes(file.read_bytes()[:100])
    again, _ = evaluate(request_for('retrieval'), tmp_path / 'results')
    assert again.metrics == first.metrics
    assert capsys.readouterr().out.count('cannot be read: extracting again') == 2


@pytest.mark.parametrize(
    ('changes', 'message'),
    [
        ({'options': {'downstream.num_clip': 3}}, "'num_clip'.*did you mean 'num_clips'"),
        ({'options': {'crop_size': 64}}, 'crop_size=64 is larger than short_side=36'),
        ({'options': {'profile': 'big'}}, "profile: is said by the run's name"),
        ({'options': {'downstream.num_clips': 0}}, 'num_clips=0'),
        ({'dataset': 'pear'}, "no data set 'pear'"),
        ({'split': 2}, 'no such list'),
        ({'checkpoint': 'nowhere.pth'}, 'nowhere.pth does not exist'),
    ],
)
def test_faults_are_told_in_one_line(request_for, tmp_path, changes, message):
    with pytest.raises(UserError, match=message) as caught:
        evaluate(request_for('retrieval', **changes), tmp_path / 'results')
    assert '\n' not in str(caught.value)
