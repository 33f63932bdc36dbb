"""Every number says which lists it rests on, and none is made where a test video is in another."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import torch
from mmaction.registry import MODELS

from mlfo_mm.engine.config import load_config
from mlfo_mm.errors import UserError
from mlfo_mm.evaluation.evaluate import evaluate
from mlfo_mm.evaluation.lists import own_list
from mlfo_mm.study.records import load_records
from tests.conftest import REPO

TRAINED_ON = {
    'pretrain_dataset': 'own',
    'train_dataloader.dataset.split': 1,
}


@pytest.fixture
def root(videos, tmp_path, monkeypatch) -> Path:
    """A copy of the data set ``pair``, and ``own`` with the same videos but its own list."""
    root = shutil.copytree(videos, tmp_path / 'data')
    own = root / 'own'
    own.mkdir()
    (own / 'classes.txt').write_text('x\n')
    (own / 'train.txt').write_text('../pair/train_g00_c0.mp4 0\n../pair/train_g00_c1.mp4 0\n')
    monkeypatch.setenv('MLFO_DATA_ROOT', str(root))
    return root


@pytest.fixture
def pretrained(tmp_path, request_for, root, monkeypatch):
    """A request with a checkpoint that says it was trained on ``own``."""
    request = request_for('retrieval')
    monkeypatch.setenv('MLFO_DATA_ROOT', str(root))
    config = load_config(request.run, TRAINED_ON)
    backbone = MODELS.build(load_config(request.run).model.backbone)
    state = {f'backbone.{key}': value for key, value in backbone.state_dict().items()}
    path = tmp_path / 'epoch_2.pth'
    meta = dict(cfg=config.pretty_text, seed=0, epoch=config.train_cfg.max_epochs)
    torch.save(dict(state_dict=state, meta=meta), path)
    return lambda run='': request_for('retrieval', checkpoint=str(path), run=run)


@pytest.fixture
def run(root, tmp_path, monkeypatch):
    def run(request):
        monkeypatch.setenv('MLFO_DATA_ROOT', str(root))
        return evaluate(request, tmp_path / 'results')[0]

    return run


def test_a_record_says_what_was_compared_and_which_epoch(pretrained, run, tmp_path):
    record = run(pretrained())
    assert record.leakage['compared'] == ['path', 'file', 'group', 'content', 'frames']
    assert {role: facts['file'] for role, facts in record.leakage['lists'].items()} == dict(
        test='pair/test.txt', training='pair/train.txt', pretraining='own/train.txt'
    )
    assert record.leakage['lists']['pretraining']['videos'] == 2
    assert 'unchecked' not in record.leakage
    assert record.protocol['pretrain_epoch'] == 'last'
    assert record.protocol['selection'].startswith('the last epoch')
    assert load_records(tmp_path / 'results') == [record]


def test_pretrained_on_a_test_video(pretrained, run, root, tmp_path):
    (root / 'own/train.txt').write_text('../pair/train_g00_c0.mp4 0\n../pair/test_g01_c3.mp4 0\n')
    said = r'test video test_g01_c3\.mp4 \(line 4\) is in the pretraining list too .*line 2\)'
    with pytest.raises(UserError, match=said):
        run(pretrained())
    assert not (tmp_path / 'results').exists()
    shutil.copy(root / 'pair/test_g01_c3.mp4', root / 'own/renamed.mp4')
    (root / 'own/train.txt').write_text('renamed.mp4 0\n')
    with pytest.raises(UserError, match='has the very content of a video of the pretraining list'):
        run(pretrained())


def test_trained_on_another_clip_of_a_test_group(request_for, run, root):
    shutil.copy(root / 'pair/train_g00_c0.mp4', root / 'pair/test_g01_c7.mp4')
    with (root / 'pair/train.txt').open('a') as file:
        file.write('test_g01_c7.mp4 0\n')
    with pytest.raises(UserError, match=r'is of group test_g01 of .*training list'):
        run(request_for('retrieval'))


def test_a_pretraining_list_that_is_not_here_is_said(pretrained, run, root):
    shutil.rmtree(root / 'own')
    record = run(pretrained())
    assert "no data set 'own'" in record.leakage['unchecked']['pretraining']
    assert any('pretraining list was not searched' in note for note in record.notes)
    assert set(record.leakage['lists']) == {'test', 'training'}


def test_a_checkpoint_goes_to_no_other_data_sets_account(pretrained, run):
    with pytest.raises(
        UserError, match=r"trained with pretrain_dataset 'own', not 'digits_motion'"
    ):
        run(pretrained('mlfo/r3d18@smoke'))


def test_untrained_weights_rest_on_two_lists(request_for, run):
    record = run(request_for('retrieval'))
    assert set(record.leakage['lists']) == {'test', 'training'}
    assert record.protocol['pretrain_epoch'] is None


def test_labels_of_the_test_list_choose_nothing(request_for, run, root):
    """The probe's regularisation is that of the training list, whatever the test list says."""
    first = run(request_for('linear_probe'))
    lines = (root / 'pair/test.txt').read_text().splitlines()
    turned = [f'{line[:-1]}{1 - int(line[-1])}\n' for line in lines]
    (root / 'pair/test.txt').write_text(''.join(turned))
    second = run(request_for('linear_probe'))
    assert first.metrics['top1'] == 100 - second.metrics['top1'] == 100
    for key in ('strength', 'validation_accuracy', 'selection'):
        assert first.protocol[key] == second.protocol[key]


def test_no_config_selects_an_epoch():
    for path in (REPO / 'configs').rglob('*.py'):
        text = path.read_text()
        assert not any(word in text for word in ('save_best', 'val_dataloader', 'EarlyStop')), path


def test_the_record_of_a_pretraining_names_its_list(root):
    config = load_config('mlfo/r3d18@smoke', TRAINED_ON)
    facts, notes = own_list(config)
    assert facts['lists']['pretraining']['videos'] == 2 and not notes  # no test list to compare
    (root / 'own/test.txt').write_text('../pair/test_g00_c0.mp4 0\n')
    assert own_list(config)[0]['compared'] == ['path', 'file', 'group', 'content', 'frames']
    (root / 'own/test.txt').write_text('../pair/train_g00_c0.mp4 0\n')
    facts, notes = own_list(config)
    assert 'compared' not in facts and 'is in the pretraining list too' in notes[0]
