"""What a number depends on is compared before it is reused: weights, lists, labels and videos."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from mlfo_mm.errors import UserError
from mlfo_mm.evaluation import evaluate as module
from mlfo_mm.evaluation.evaluate import evaluate
from mlfo_mm.study.records import load_records
from tests.evaluation.conftest import write_video


@pytest.fixture
def root(videos, tmp_path, monkeypatch) -> Path:
    """A copy of the data set ``pair``, found."""
    root = shutil.copytree(videos, tmp_path / 'data')
    monkeypatch.setenv('MLFO_DATA_ROOT', str(root))
    return root


@pytest.fixture
def run(request_for, root, tmp_path, monkeypatch):
    """``run(reuse=True, task='retrieval')``: the record, and whether it was made now."""
    made = []
    for name, task in module.TASKS.items():
        monkeypatch.setitem(module.TASKS, name, lambda trial, do=task: made.append(1) or do(trial))

    def evaluate_now(reuse=True, task='retrieval', at=root, **changes):
        request = request_for(task, **changes)
        monkeypatch.setenv('MLFO_DATA_ROOT', str(at))
        made.clear()
        record, _ = evaluate(request, tmp_path / 'results', reuse)
        return record, bool(made)

    return evaluate_now


def swap_labels(folder: Path) -> None:
    lines = (folder / 'test.txt').read_text().splitlines()
    turned = [f'{line[:-1]}{1 - int(line[-1])}\n' for line in lines[:-1]]
    (folder / 'test.txt').write_text(''.join(turned))


def test_other_labels_and_a_shorter_list(run, root):
    first, made = run()
    assert made and first.metrics['R@1'] == 100 and first.n_samples['test']['read'] == 4
    assert run() == (first, False)
    swap_labels(root / 'pair')
    second, made = run()
    assert made and second.metrics['R@1'] == 0 and second.n_samples['test']['read'] == 3
    assert second.experiment == first.experiment  # its place is that of the first
    assert run() == (second, False)


@pytest.mark.parametrize('text', ['', '{"task": "retr', '[]', '{"status": 5}'])
def test_a_damaged_record_is_made_again(text, run, tmp_path, capsys):
    first, _ = run()
    (path,) = (tmp_path / 'results/records').rglob('*.json')
    whole = path.read_text()
    path.write_text(text)
    second, made = run()
    assert made and second.metrics == first.metrics
    assert f'warning: {path}' in capsys.readouterr().out
    path.unlink()
    path.mkdir()
    with pytest.raises(UserError, match='is a folder, where a record is written: move it away'):
        run()
    path.rmdir()
    path.write_text(whole)
    assert run() == (first, False)


def exchange(folder: Path) -> None:
    """The two classes' test videos, each under the other's name, of equal size and time."""
    one, other = folder / 'test_g00_c0.mp4', folder / 'test_g00_c1.mp4'
    size = max(path.stat().st_size for path in (one, other))
    for path in (one, other):
        path.write_bytes(path.read_bytes().ljust(size, b'\0'))
        os.utime(path, ns=(10**18, 10**18))
    spare = one.with_name('spare')
    one.rename(spare)
    other.rename(one)
    spare.rename(other)


def another_video(folder: Path) -> None:
    write_video(folder / 'train_g00_c0.mp4', 0, 999)


def another_class(folder: Path) -> None:
    (folder / 'classes.txt').write_text('stripes\nnoise\nothers\n')


def gone(folder: Path) -> None:
    (folder / 'train_g02_c5.mp4').unlink()


@pytest.mark.parametrize('change', [exchange, another_video, another_class, gone])
def test_other_content_under_the_same_names(change, run, root):
    first, _ = run(skip_broken=True)
    change(root / 'pair')
    second, made = run(skip_broken=True)
    assert made
    afresh, _ = run(reuse=False, skip_broken=True, work_dir=root / 'work')
    assert second.metrics == afresh.metrics
    assert (second.metrics == first.metrics) == (change is not exchange)


def test_the_same_data_elsewhere_are_the_same(run, root, tmp_path):
    first, _ = run()
    shutil.copytree(root, tmp_path / 'moved')
    for path in (tmp_path / 'moved/pair').iterdir():
        path.touch()
    assert run(at=tmp_path / 'moved') == (first, False)
    with (tmp_path / 'moved/pair/test.txt').open('a') as file:
        file.write('\n')  # a blank line is none
    assert run(at=tmp_path / 'moved') == (first, False)


def test_features_are_those_of_the_videos(run, root, capsys):
    """From the cache nothing comes that the files, of one size and time, would not give."""
    exchange(root / 'pair')  # of one size from here on
    first, _ = run()
    exchange(root / 'pair')
    second, _ = run(reuse=False)
    assert (first.metrics['R@1'], second.metrics['R@1']) == (50, 100)
    assert capsys.readouterr().out.count('reusing') == 1  # the training list is as it was
    run(reuse=False)
    assert capsys.readouterr().out.count('reusing') == 2


def test_a_finetuned_model_of_other_videos_is_trained_anew(run, root, capsys):
    options = {'log_level': 'ERROR', 'train_cfg.max_epochs': 1}
    run(task='finetune', options=options)
    run(reuse=False, task='finetune', options=options)
    assert 'resuming from' in capsys.readouterr().out
    another_video(root / 'pair')
    _, made = run(task='finetune', options=options)
    assert made and 'resuming from' not in capsys.readouterr().out


def test_data_that_change_meanwhile_give_no_number(run, root, tmp_path, monkeypatch):
    inner = module.TASKS['retrieval']
    change = [swap_labels]

    def changing(trial):
        while change:
            change.pop()(root / 'pair')
        return inner(trial)

    monkeypatch.setitem(module.TASKS, 'retrieval', changing)
    with pytest.raises(UserError, match='pair was changed while it was evaluated: do it again'):
        run()
    (failed,) = load_records(tmp_path / 'results')
    assert failed.status == 'failed' and not failed.metrics
    assert run()[0].status == 'done'
