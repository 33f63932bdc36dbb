"""Files are read without running code from them; a misfit names its first keys."""

from __future__ import annotations

import argparse
import os
import zipfile

import pytest
import torch
from safetensors.torch import save_file

from mlfo_mm.engine.checkpoints import (
    backbone_differences,
    differences,
    read_checkpoint,
    tensors_of,
)
from mlfo_mm.errors import UserError
from tests.hostile import Call


@pytest.mark.parametrize('legacy', [False, True])
def test_code_is_refused_and_not_run(tmp_path, legacy):
    path = tmp_path / 'a.pth'
    content = {'state_dict': {}, 'x': Call(os.mkdir, str(tmp_path / 'ran'))}
    torch.save(content, path, _use_new_zipfile_serialization=not legacy)
    with pytest.raises(UserError, match=r'a\.pth refused: it holds .*mkdir.* could run code'):
        read_checkpoint(path)
    assert not (tmp_path / 'ran').exists()


def test_options_beside_the_weights_are_no_code(tmp_path):
    path = tmp_path / 'a.pth'
    torch.save({'model': {'x': torch.ones(1)}, 'args': argparse.Namespace(lr=0.1)}, path)
    assert torch.equal(tensors_of(read_checkpoint(path))['x'], torch.ones(1))
    torch.save({'args': argparse.Namespace(x=Call(os.mkdir, str(tmp_path / 'ran')))}, path)
    with pytest.raises(UserError, match=r'refused: it holds .*mkdir'):
        read_checkpoint(path)
    assert not (tmp_path / 'ran').exists()


def test_programs_and_texts_are_called_what_they_are(tmp_path):
    path = tmp_path / 'a.pth'
    torch.jit.trace(torch.nn.ReLU(), torch.ones(1)).save(path)
    with pytest.raises(UserError, match=r'a\.pth is a TorchScript program: .* state_dict'):
        read_checkpoint(path)
    torch.export.save(torch.export.export(torch.nn.ReLU(), (torch.ones(1),)), tmp_path / 'a.pt2')
    with pytest.raises(UserError, match=r'a\.pt2 is a program of torch\.export'):
        read_checkpoint(tmp_path / 'a.pt2')
    path.write_text('version https://git-lfs.github.com/spec/v1\noid sha256:ab\nsize 3\n')
    with pytest.raises(UserError, match=r'is text, and begins with .*; git lfs pull gets'):
        read_checkpoint(path)
    path.write_text('<!DOCTYPE html>\n<title>404</title>\n')
    with pytest.raises(UserError, match=r'is text, and begins with .<!DOCTYPE html> <title>404'):
        read_checkpoint(path)


def test_safetensors(tmp_path):
    path = tmp_path / 'a.safetensors'
    save_file({'x': torch.arange(1000)}, path)
    assert torch.equal(tensors_of(read_checkpoint(path))['x'], torch.arange(1000))
    whole = path.read_bytes()
    for content in (whole[:-1], whole[:4], b''):
        path.write_bytes(content)
        with pytest.raises(UserError, match=r'a\.safetensors cannot be read'):
            read_checkpoint(path)


def test_what_is_no_checkpoint(tmp_path):
    path = tmp_path / 'a.pth'
    with pytest.raises(UserError, match=r'a\.pth does not exist \(none: random weights\)'):
        read_checkpoint(path)
    for epoch in (1, 2, 10):
        (tmp_path / f'epoch_{epoch}.pth').touch()
    with pytest.raises(UserError, match=r'there: epoch_1\.pth, epoch_2\.pth, epoch_10\.pth$'):
        read_checkpoint(tmp_path / 'epoch_3.pth')
    os.mkfifo(tmp_path / 'pipe.pth')
    for folder in (tmp_path, tmp_path / 'pipe.pth'):
        with pytest.raises(UserError, match='is no file'):
            read_checkpoint(folder)
    torch.save({'x': torch.ones(100)}, path)
    path.write_bytes(path.read_bytes()[:300])
    with pytest.raises(
        UserError, match=r'cannot be read \(300 bytes, truncated.*the one before it'
    ):
        read_checkpoint(path)
    for content in ([torch.ones(1)], {'state_dict': [1]}):
        torch.save(content, path)
        with pytest.raises(UserError, match=r'a\.pth holds no state dict'):
            read_checkpoint(path)


def test_tensors_of_either_kind():
    x = torch.ones(1)
    assert tensors_of({'x': x, 'epoch': 3}) == {'x': x}
    assert tensors_of({'state_dict': {'x': x}, 'meta': {}}) == {'x': x}


def test_differences_are_counted_and_named():
    own = {'a': torch.ones(2), 'b': torch.ones(3), 'c': torch.ones(1), 'e': torch.ones(1)}
    given = {'a': torch.ones(2), 'b': torch.ones(1, 3), 'd': torch.ones(1)}
    found = differences(own, given)
    assert found
    assert (found.total, found.matched) == (4, 1)
    assert str(found) == (
        'missing 2, first c, e; left over 1, first d; other shape 1, first b (1, 3) for (3,)'
    )
    assert not differences(own, own)
    many = differences({str(key): own['a'] for key in range(9)}, {})
    assert str(many) == 'missing 9, first 0, 1, 2'


def test_heads_may_be_others_but_not_the_backbone():
    one = torch.ones(1)
    own = {'backbone.a': one, 'head.x': one, 'queue': one}
    found, known = backbone_differences(own, {'backbone.a': one, 'head.x': one, 'other': one})
    assert not found and set(known) == {'backbone.a', 'head.x'}
    found, _ = backbone_differences(own, {'backbone.b': one, 'head.x': torch.ones(2)})
    assert str(found) == (
        'missing 1, first backbone.a; left over 1, first backbone.b; '
        'other shape 1, first head.x (2,) for (1,)'
    )


@pytest.mark.parametrize('nest', ['model', 'model_state', 'student', 'state_dict.model', 'a.b'])
def test_weights_are_found_where_they_are_nested(tmp_path, nest):
    path, content = tmp_path / 'a.pth', {'backbone.x': torch.ones(1)}
    for name in reversed(nest.split('.')):
        content = {name: content, 'epoch': 3}
    content['optimizer'] = {'state': {0: {'exp_avg': torch.ones(1)}}, 'param_groups': []}
    torch.save(content, path)
    assert list(tensors_of(read_checkpoint(path))) == ['backbone.x']


def test_of_several_sets_each_has_its_place_before_its_names(tmp_path):
    path, one = tmp_path / 'a.pth', torch.ones(1)
    torch.save({'student': {'x': one}, 'teacher': {'net': {'x': one}}, 'optim': {'x': one}}, path)
    assert list(tensors_of(read_checkpoint(path))) == ['student.x', 'teacher.net.x']


@pytest.mark.parametrize(
    ('value', 'said'),
    [
        (torch.empty(3, device='meta'), 'no plain tensor (meta)'),
        (torch.ones(2, 2).to_sparse(), 'no plain tensor (sparse_coo)'),
        (torch.ones(2, 2).to_sparse_csr(), 'no plain tensor (sparse_csr)'),
        (torch.ones(1).expand(10**9), '1,000,000,000 values, more than the file'),
    ],
)
def test_tensors_without_values_of_their_own(tmp_path, value, said):
    path, key = tmp_path / 'a.pth', 'x' * 5_000_000 + '\x1b[2J'
    torch.save({'state_dict': {key: value}}, path)
    with pytest.raises(UserError) as error:
        read_checkpoint(path)
    assert (
        said in str(error.value) and len(str(error.value)) < 500 and str(error.value).isprintable()
    )


def test_meta_data_that_are_none(tmp_path):
    torch.save({'state_dict': {'x': torch.ones(1)}, 'meta': ['seed', 3]}, tmp_path / 'a.pth')
    with pytest.raises(UserError, match=r"a\.pth: its meta data are no dict but \['seed', 3\]"):
        read_checkpoint(tmp_path / 'a.pth')


def test_an_archive_that_unpacks_to_more_than_it_is(tmp_path):
    path = tmp_path / 'a.pth'
    torch.save({'x': torch.zeros(10**6)}, path)
    with (
        zipfile.ZipFile(path) as whole,
        zipfile.ZipFile(tmp_path / 'b.pth', 'w', zipfile.ZIP_DEFLATED) as small,
    ):
        for name in whole.namelist():
            small.writestr(name, whole.read(name))
    with pytest.raises(UserError, match=r'b\.pth refused: [\d,]+ bytes unpack to 4,0'):
        read_checkpoint(tmp_path / 'b.pth')


def test_foreign_keys_are_shown_short():
    long = {'k' * 5_000_000: torch.ones(1), '\x1b[2J\n': torch.ones(1)}
    said = str(differences({'a': torch.ones(1)}, long))
    assert len(said) < 500 and said.isprintable() and r'\x1b[2J' in said


def test_values_of_another_kind_are_no_weights():
    """Copied, quantised weights would lose their scale and complex ones a part, without a word."""
    own = {'w': torch.zeros(2), 'n': torch.tensor(0)}
    for kind in (torch.float16, torch.bfloat16, torch.float64):
        assert not differences(own, {'w': torch.ones(2, dtype=kind), 'n': torch.tensor(3.0)})
    for kind in (torch.int8, torch.int64, torch.bool, torch.complex64):
        found = differences(own, {'w': torch.ones(2, dtype=kind), 'n': torch.tensor(3)})
        assert found.misshapen == (f'w (2,) of {str(kind)[6:]} for (2,)',)
