"""tools/evaluate.py: its arguments, its output, its one-line errors."""

from __future__ import annotations

import importlib.util
import sys

import pytest

from mlfo_mm.errors import UserError
from mlfo_mm.evaluation.tasks import TASKS
from mlfo_mm.handover import read_handover
from mlfo_mm.study.records import load_records
from tests.conftest import REPO

SMOKE = 'mlfo/r3d18@smoke'


@pytest.fixture
def tool(monkeypatch, tmp_path):
    """``tool(*arguments)``: exit status of the tool, which writes below ``tmp_path``."""
    spec = importlib.util.spec_from_file_location('evaluate_tool', REPO / 'tools/evaluate.py')
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)

    def run(*arguments):
        folders = ['--work-dir', str(tmp_path / 'work'), '--results', str(tmp_path / 'results')]
        monkeypatch.setattr(sys, 'argv', ['evaluate.py', *arguments, *folders])
        try:
            module.main()
        except SystemExit as stop:
            return stop.code
        return 0

    return run


def test_missing_data_and_config(tool, capsys, monkeypatch, tmp_path):
    monkeypatch.setenv('MLFO_DATA_ROOT', str(tmp_path))
    monkeypatch.chdir(tmp_path)
    assert tool(SMOKE, 'none', '--task', 'retrieval', '--dataset', 'ucf101') == 2
    assert capsys.readouterr().err.startswith("error: no data set 'ucf101'")
    assert tool('no_such.py', 'none', '--task', 'retrieval', '--dataset', 'ucf101') == 2
    assert 'no_such.py does not exist' in capsys.readouterr().err


def test_a_fault_of_the_user_is_handed_over(tool, capsys, tmp_path):
    outcome = tmp_path / 'outcome.json'
    rest = ('--task', 'retrieval', '--dataset', 'ucf101', '--outcome', str(outcome))
    assert tool('nowhere/epoch_1.pth', *rest) == 2
    said = read_handover(outcome)
    assert said.records == () and 'nowhere/epoch_1.pth' in said.reason
    assert capsys.readouterr().err == f'error: {said.reason}\n'


def test_videos_without_labels_are_no_test(tool, capsys, monkeypatch, tmp_path):
    monkeypatch.setenv('MLFO_DATA_ROOT', str(tmp_path))
    (tmp_path / 'flat').mkdir()
    for name, text in (('classes.txt', 'unlabelled\n'), ('train.txt', 'a.mp4 0\n')):
        (tmp_path / 'flat' / name).write_text(text)
    assert tool(SMOKE, 'none', '--task', 'retrieval', '--dataset', 'flat') == 2
    said = capsys.readouterr().err
    assert said.startswith('error: flat has no labels') and said.count('\n') == 1


def test_checkpoint_is_given_once(tool, capsys):
    rest = ['--task', 'retrieval', '--dataset', 'ucf101']
    assert tool('none', *rest) == 2
    assert tool(SMOKE, 'none', 'none', *rest) == 2
    assert capsys.readouterr().err.count('give CHECKPOINT, RUN CHECKPOINT, or RUN none') == 2


def test_evaluates_random_weights(tool, digits, capsys, tmp_path):
    status = tool(
        *(SMOKE, 'none', '--task', 'linear_probe', '--seed', '3'),
        *('--dataset', 'digits_class', '--average', 'score'),
        *('--cfg-options', 'downstream.num_clips=1', 'downstream.strengths=(0.01,)'),
    )
    assert status == 0
    (record,) = load_records(tmp_path / 'results')
    assert (record.method, record.seed, record.profile) == ('random', 3, 'smoke')
    assert record.protocol['num_clips'] == 1
    assert record.protocol['average'] == 'score'
    out = capsys.readouterr().out
    assert record.protocol['line'] in out
    assert f'top1 {record.metrics["top1"]:.1f}' in out
    assert f'{record.experiment}.json' in out


def test_several_tasks_and_data_sets(tool, digits, capsys, tmp_path, monkeypatch):
    arguments = (SMOKE, 'none', '--task', 'retrieval', 'order', '--reuse')
    arguments += ('--dataset', 'digits_motion', 'digits_class')

    def broken(job):
        raise UserError(f'nothing to see in {job.request.dataset}')

    monkeypatch.setitem(TASKS, 'order', broken)
    outcome = tmp_path / 'told/outcome.json'
    assert tool(*arguments, '--outcome', str(outcome)) == 2
    said = capsys.readouterr()
    assert said.err.count('error: ') == 1
    assert '2 of 4 failed: order on digits_motion: nothing to see in' in said.err
    assert said.out.count('record: ') == 2
    told = read_handover(outcome)
    assert said.err == f'error: {told.reason}\n'
    assert [f'record: {path}' in said.out for path in told.records] == [True, True]
    records = {(r.task, r.dataset): r for r in load_records(tmp_path / 'results')}
    assert len(records) == 4
    failed = records['order', 'digits_class']
    assert failed.reason == 'nothing to see in digits_class'
    assert records['retrieval', 'digits_motion'].status == 'done'
    tool(*arguments, '--outcome', str(outcome))
    assert read_handover(outcome) == told  # what is reused is named like what is made
    again = load_records(tmp_path / 'results')
    assert [r for r in again if r.task == 'retrieval'] == [
        r for key, r in sorted(records.items()) if key[0] == 'retrieval'
    ]
