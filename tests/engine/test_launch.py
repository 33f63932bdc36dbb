"""What a run starts from: weights that fit, of the config that it says, and nothing that runs code."""

from __future__ import annotations

import os

import pytest
import torch
from mmaction.registry import MODELS

from mlfo_mm.engine.config import load_config
from mlfo_mm.engine.launch import check_resume, check_start, epochs_left, prepare_work_dir
from mlfo_mm.errors import UserError
from tests.hostile import Call

SMOKE = 'mlfo/r3d18@smoke'


@pytest.fixture
def config():
    return load_config(SMOKE)


@pytest.fixture
def save(config, tmp_path):
    """``save(changes, **more)``: a checkpoint of the config's model; None drops a tensor."""

    def write(changes=(), **more):
        state = MODELS.build(config.model).state_dict() | dict(changes)
        state = {key: value for key, value in state.items() if value is not None}
        torch.save(dict(state_dict=state, **more), tmp_path / 'a.pth')
        return tmp_path / 'a.pth'

    return write


def resumable(**options):
    text = load_config(SMOKE, options).pretty_text
    return dict(optimizer={}, message_hub={}, meta=dict(cfg=text, experiment_name='other_run'))


def test_start_from_weights(config, save):
    heads = {key: None for key in MODELS.build(config.model).state_dict() if 'backbone' not in key}
    line = check_start(str(save(heads | {'other.weight': torch.ones(1)})), config)
    assert f'120 of {120 + len(heads)} tensors loaded, 1 of its own left out' in line


@pytest.mark.parametrize(
    ('changes', 'said'),
    [
        ({'backbone.conv1.bn.bias': None}, 'missing 1, first backbone.conv1.bn.bias'),
        ({'backbone.fc.bias': torch.ones(1)}, 'left over 1, first backbone.fc.bias'),
        (
            {'semantic.prototypes.weight': torch.ones(3, 16)},
            r'other shape 1, first semantic.prototypes.weight \(3, 16\) for \(8, 16\)',
        ),
    ],
)
def test_weights_that_would_be_passed_over(changes, said, config, save):
    with pytest.raises(UserError, match=f'does not fit .*r3d18@smoke.py: {said}'):
        check_start(str(save(changes)), config)


def test_start_from_elsewhere(config, tmp_path):
    for path in ('https://example.org/a.pth', 'a.safetensors'):
        with pytest.raises(UserError, match=r'download it, or convert it with tools/convert'):
            check_start(path, config)
    path = tmp_path / 'evil.pth'
    torch.save({'state_dict': Call(os.mkdir, str(tmp_path / 'ran'))}, path)
    with pytest.raises(UserError, match='could run code'):
        check_start(str(path), config)
    with pytest.raises(UserError, match='could run code'):
        check_resume(path, config)
    assert not (tmp_path / 'ran').exists()


def test_resume_of_the_same_run(config, save):
    check_resume(save(**resumable()), config)


def test_resume_with_nothing_left(config, save):
    after = resumable()
    after['meta']['epoch'] = 3
    with pytest.raises(
        UserError, match=r'a\.pth: is at epoch 3 already: nothing is left .*epochs=2'
    ):
        check_resume(save(**after), config)
    after['meta']['epoch'] = 2
    assert epochs_left(check_resume(save(**after), config), config) == 0
    after['meta']['epoch'] = 'x'  # of a damaged file
    assert epochs_left(check_resume(save(**after), config), config) == 2


def test_resume_of_another_variant_with_the_same_tensors(config, save):
    path = save(**resumable(variant='k8'))
    with pytest.raises(UserError, match="was trained with variant 'k8', not 'default'"):
        check_resume(path, config)


def test_resume_of_other_tensors(config, save):
    path = save({'semantic.prototypes.weight': torch.ones(3, 16)}, **resumable())
    with pytest.raises(UserError, match=r'another config \(other_run\).*other shape 1, first sem'):
        check_resume(path, config)


def test_work_dir_is_left_as_it_is(tmp_path):
    assert prepare_work_dir(tmp_path / 'new') == tmp_path / 'new'
    with pytest.raises(UserError, match=r'--work-dir .*lat\\udce9in: a name in UTF-8 is needed'):
        prepare_work_dir(tmp_path / 'lat\udce9in')
    assert not (tmp_path / 'lat\udce9in').exists()
    assert list((tmp_path / 'new').iterdir()) == []


def test_what_is_in_the_place_of_a_file_is_named_before_the_work(tmp_path):
    os.mkfifo(tmp_path / 'last_checkpoint')  # opening it would wait for a reader
    with pytest.raises(UserError, match='last_checkpoint is no file, where a training writes one'):
        prepare_work_dir(tmp_path)
    (tmp_path / 'last_checkpoint').unlink()
    (tmp_path / 'epoch_3.pth').mkdir()
    with pytest.raises(UserError, match=r'epoch_3\.pth is no file'):
        prepare_work_dir(tmp_path)
    (tmp_path / 'epoch_3.pth').rmdir()
    (tmp_path / 'last_checkpoint').symlink_to('nowhere')
    assert prepare_work_dir(tmp_path) == tmp_path
    (tmp_path / 'last_checkpoint').unlink()
    (tmp_path / 'last_checkpoint').symlink_to('nowhere/file')
    with pytest.raises(UserError, match='last_checkpoint is no file'):
        prepare_work_dir(tmp_path)
    (tmp_path / 'last_checkpoint').unlink()
    os.mkfifo(tmp_path / 'r3d18@smoke.py')
    with pytest.raises(UserError, match=r'r3d18@smoke\.py is no file'):
        prepare_work_dir(tmp_path, 'r3d18@smoke.py')
    assert prepare_work_dir(tmp_path) == tmp_path
