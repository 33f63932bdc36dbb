"""What other programs call, and the README's lines for a trained backbone."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
import torch

import mlfo_mm
from mlfo_mm.engine.backbone import FACTS, export_program
from mlfo_mm.engine.composed import composed_text
from mlfo_mm.engine.config import load_config
from mlfo_mm.errors import UserError
from tests.conftest import REPO

RUNS = ('mlfo/r3d18@smoke', 'simclr/slowfast@smoke')


@pytest.fixture(params=RUNS)
def trained(request, tmp_path):
    """A checkpoint of a run, of random weights, and its model."""
    torch.manual_seed(0)
    model = mlfo_mm.build(request.param, {'backbone.base_channels': 8})
    config = load_config(request.param, {'backbone.base_channels': 8})
    path = tmp_path / 'epoch_2.pth'
    meta = dict(composed=composed_text(config))
    torch.save(dict(state_dict=model.state_dict(), meta=meta), path)
    return path, model.eval(), config


def test_methods_and_backbones_are_those_that_runs_are_spelled_with():
    assert {'mlfo', 'simclr', 'moco'} <= set(mlfo_mm.list_methods())
    assert {'r3d18', 's3d', 'slowfast'} <= set(mlfo_mm.list_backbones())
    for name in mlfo_mm.list_backbones():
        assert load_config(f'simclr/{name}@smoke').backbone_name == name
    with pytest.raises(AttributeError, match="no attribute 'list_method'"):
        mlfo_mm.list_method  # noqa: B018


def test_a_program_runs_where_only_torch_is(trained, tmp_path):
    checkpoint, model, config = trained
    backbone = mlfo_mm.load_backbone(checkpoint)
    assert not backbone.training and backbone.facts.run == config.run
    line = export_program(checkpoint, tmp_path / 'backbone.pt2')
    size = (3, config.clip_len, config.crop_size, config.crop_size)
    assert ', '.join(map(str, size)) in line
    clips = torch.randn(5, *size)  # (N, 3, T, H, W)
    with torch.no_grad():
        want = model.backbone(clips)
        assert all(map(torch.equal, backbone(clips), want))
    torch.save(dict(clips=clips, want=list(want)), tmp_path / 'want.pth')
    command = [sys.executable, '-c', ALONE, str(tmp_path)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    facts = json.loads(done.stdout)
    assert facts['clip_len'] == config.clip_len and facts['std'] == list(config.normalize.std)
    assert facts['backbone']['base_channels'] == 8


ALONE = f"""
import sys, torch
facts = {{{FACTS!r}: ''}}
network = torch.export.load(sys.argv[1] + '/backbone.pt2', extra_files=facts).module()
told = torch.load(sys.argv[1] + '/want.pth', weights_only=True)
with torch.no_grad():
    found = network(told['clips'])
for one, other in zip(found, told['want'], strict=True):
    torch.testing.assert_close(one, other, rtol=1e-5, atol=1e-5)
assert not [name for name in sys.modules if name.split('.')[0] in ('mlfo_mm', 'mmengine', 'mmaction')]
print(facts[{FACTS!r}])
"""


def test_what_is_none_of_ours(tmp_path):
    torch.save(dict(state_dict={'backbone.conv1.weight': torch.zeros(1)}), tmp_path / 'a.pth')
    with pytest.raises(UserError, match=r'a\.pth carries no config of a run: convert it with'):
        mlfo_mm.load_backbone(tmp_path / 'a.pth')


@pytest.mark.parametrize('trained', RUNS[:1], indirect=True)
def test_the_lines_of_the_readme(trained, tmp_path, monkeypatch):
    checkpoint, *_ = trained
    text = (REPO / 'README.md').read_text()
    code = text[text.index('import mlfo_mm\n') :].split('```')[0]
    run = tmp_path / 'work_dirs/simclr/r3d18@demo'
    run.mkdir(parents=True)
    checkpoint.rename(run / 'epoch_10.pth')
    monkeypatch.chdir(tmp_path)
    names = {}
    exec(code, names)
    assert names['features'].shape == (2, 8 * 8)


def test_a_run_means_its_newest_checkpoint(trained, tmp_path, monkeypatch):
    checkpoint, _, config = trained
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match=f'no checkpoint .* in work_dirs/.*train.py {config.run} '):
        mlfo_mm.load_backbone(config.run)
    folder = tmp_path / 'work_dirs' / config.method / config.run.partition('/')[2]
    folder.mkdir(parents=True)
    checkpoint.rename(folder / 'epoch_2.pth')
    (folder / 'epoch_3.pth').write_bytes(b'cut off')
    for what in (config.run, folder, str(folder / 'epoch_2.pth')):
        assert mlfo_mm.load_backbone(what).facts.run == config.run
    with pytest.raises(UserError, match='nowhere'):
        mlfo_mm.load_backbone('nowhere/epoch_1.pth')


@pytest.mark.product
@pytest.mark.parametrize(
    ('name', 'padding'),
    [*((name, 'zeros') for name in mlfo_mm.list_backbones()), ('r3d18', 'replicate')],
)
def test_every_backbone_is_exported(name, padding, tmp_path):
    """Its width, strides and padding are those of the run."""
    run = (f'simclr/{name}@smoke', dict(time_padding=padding))
    torch.manual_seed(0)
    config, backbone = load_config(*run), mlfo_mm.build(*run).backbone.eval()
    state = {f'backbone.{key}': value for key, value in backbone.state_dict().items()}
    meta = dict(composed=composed_text(config))
    torch.save(dict(state_dict=state, meta=meta), tmp_path / 'a.pth')
    export_program(tmp_path / 'a.pth', tmp_path / 'a.pt2')
    clips = torch.randn(3, 3, config.clip_len, config.crop_size, config.crop_size)
    found = torch.export.load(tmp_path / 'a.pt2').module()(clips)
    with torch.no_grad():
        for one, other in zip(found, backbone(clips), strict=True):
            torch.testing.assert_close(one, other, rtol=1e-5, atol=1e-5)
