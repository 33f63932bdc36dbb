"""The guard: every backbone tensor is loaded, or one line says which is not."""

from __future__ import annotations

import hashlib
import os

import pytest
import torch
from torch import nn

from mlfo_mm.errors import UserError
from mlfo_mm.evaluation.weights import load_backbone, random_weights
from tests.hostile import Call


class Backbone(nn.Module):
    def __init__(self, width=4):
        super().__init__()
        self.layer1 = nn.Sequential(nn.Conv3d(3, width, 1), nn.BatchNorm3d(width))

    def init_weights(self):
        for parameter in self.parameters():
            nn.init.normal_(parameter)


def save(path, changes=(), drop=(), prefix='backbone.', **meta):
    torch.manual_seed(1)
    state = {f'{prefix}{key}': value for key, value in Backbone().state_dict().items()}
    state = {key: value for key, value in state.items() if key not in drop} | dict(changes)
    state |= {'levels.high.weight': torch.zeros(2), 'queue.scores': torch.zeros(2)}
    torch.save({'state_dict': state, 'meta': meta}, path)
    return path


def load(path, backbone=None):
    return load_backbone(backbone or Backbone(), path, 'mlfo', 'default', 'r3d18')


def fault(path):
    with pytest.raises(UserError) as caught:
        load(path)
    message = str(caught.value)
    assert '\n' not in message
    assert str(path) in message
    return message


def test_loads_everything_and_reports(tmp_path):
    path = save(tmp_path / 'a.pth', seed=7, epoch=3, cfg="method = 'mlfo'\nvariant = 'default'\n")
    backbone = Backbone()
    loaded = load(path, backbone)
    assert loaded.line == 'backbone 7/7 tensors loaded; left out: levels, queue (expected)'
    assert (loaded.seed, loaded.epoch, loaded.name) == (7, 3, 'a.pth')
    assert loaded.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    torch.manual_seed(1)
    for key, value in Backbone().state_dict().items():
        assert torch.equal(backbone.state_dict()[key], value)


@pytest.mark.parametrize('key', ['backbone.layer1.0.bias', 'backbone.layer1.1.running_mean'])
def test_missing_tensor(tmp_path, key):
    message = fault(save(tmp_path / 'a.pth', drop=[key]))
    assert f'matched 6 of 7 backbone tensors; missing 1, first {key[9:]}' in message
    assert 'mlfo/r3d18' in message


def test_left_over_tensor(tmp_path):
    message = fault(save(tmp_path / 'a.pth', {'backbone.layer2.weight': torch.zeros(1)}))
    assert 'left over 1, first layer2.weight' in message


def test_other_shape(tmp_path):
    message = fault(save(tmp_path / 'a.pth', {'backbone.layer1.0.bias': torch.zeros(9)}))
    assert 'other shape 1, first layer1.0.bias (9,) for (4,)' in message


def test_other_backbone_is_recognised(tmp_path):
    path = tmp_path / 'a.pth'
    torch.save({'state_dict': {'backbone.slow_path.conv1.conv.weight': torch.zeros(1)}}, path)
    assert 'matched 0 of 7 backbone tensors; the keys look like SlowFast' in fault(path)


def test_no_backbone_at_all(tmp_path):
    message = fault(save(tmp_path / 'a.pth', prefix='encoder.'))
    assert 'matched 0 of 7' in message
    assert "no key begins with 'backbone.', the first is encoder.layer1.0.weight" in message


@pytest.mark.parametrize(
    ('cfg', 'said'),
    [
        ("method = 'simclr'\nvariant = 'default'\n", "method 'simclr', not 'mlfo'"),
        ("method = 'mlfo'\nvariant = 'official'\n", "variant 'official', not 'default'"),
    ],
)
def test_checkpoint_of_another_method(tmp_path, cfg, said):
    assert said in fault(save(tmp_path / 'a.pth', cfg=cfg))


def test_truncated_file(tmp_path):
    path = save(tmp_path / 'a.pth')
    path.write_bytes(path.read_bytes()[:-300])
    assert 'truncated' in fault(path)


@pytest.mark.parametrize('content', [b'', b'hello', b'\x80\x04.'])
def test_no_checkpoint(tmp_path, content):
    path = tmp_path / 'a.pth'
    path.write_bytes(content)
    fault(path)


def test_missing_file(tmp_path):
    assert 'does not exist' in fault(tmp_path / 'a.pth')


@pytest.mark.parametrize('legacy', [False, True])
def test_code_is_refused_and_not_run(tmp_path, legacy):
    path = tmp_path / 'a.pth'
    torch.save(
        {'state_dict': {}, 'x': Call(os.mkdir, str(tmp_path / 'ran'))},
        path,
        _use_new_zipfile_serialization=not legacy,
    )
    message = fault(path)
    assert 'refused' in message
    assert 'mkdir' in message
    assert not (tmp_path / 'ran').exists()


def test_random_weights_are_seeded_and_leave_the_random_state(tmp_path):
    first, second, other = Backbone(), Backbone(), Backbone()
    state = torch.get_rng_state()
    loaded = random_weights(first, 5)
    assert torch.equal(torch.get_rng_state(), state)
    random_weights(second, 5)
    random_weights(other, 6)
    assert torch.equal(first.layer1[0].weight, second.layer1[0].weight)
    assert not torch.equal(first.layer1[0].weight, other.layer1[0].weight)
    assert loaded.sha256 is None
