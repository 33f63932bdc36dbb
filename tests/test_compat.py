"""Each work-around is needed on the tested versions, does its job, and goes no further."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import mmaction
import numpy as np
import pytest
import torch
from mmaction.models import ResNet3d
from mmengine.config import Config
from mmengine.config import config as config_module
from mmengine.logging import HistoryBuffer
from mmengine.model import BaseModel
from mmengine.runner import Runner, load_checkpoint
from torch import Tensor, nn

from mlfo_mm import compat
from mlfo_mm.errors import UserError, one_line
from tests.hostile import Call

REPO = Path(__file__).resolve().parent.parent
SMALL = dict(depth=18, pretrained=None, pretrained2d=False, base_channels=8)


def run(code: str, *options: str) -> subprocess.CompletedProcess:
    environment = dict(os.environ, PYTHONPATH=str(REPO))
    command = [sys.executable, *options, '-c', code]
    return subprocess.run(command, capture_output=True, text=True, env=environment, timeout=300)


# ---- import of mmaction.models ----


def test_models_import_with_the_stub_only_and_in_silence():
    without = run('import mmaction.models')
    assert without.returncode != 0
    assert without.stderr.strip().endswith(f"No module named '{compat.DRN}'")
    done = run('from mlfo_mm import compat; compat.apply(); from mmaction.models import ResNet3d')
    assert (done.returncode, done.stderr) == (0, '')


def test_a_source_install_is_left_alone(monkeypatch, tmp_path):
    (tmp_path / 'models/localizers/drn').mkdir(parents=True)
    monkeypatch.setattr(mmaction.__spec__, 'submodule_search_locations', [str(tmp_path)])
    monkeypatch.delitem(sys.modules, compat.DRN)
    compat.stub_drn()
    assert compat.DRN not in sys.modules


# ---- what does not do ends a program in one line ----


def test_an_unfit_installation_is_told_by_the_hook(monkeypatch):
    def require():
        raise UserError('torch is missing')

    monkeypatch.setattr(sys, 'excepthook', sys.__excepthook__)
    monkeypatch.setattr(compat.installation, 'require', require)
    with pytest.raises(UserError, match='torch is missing'):
        compat.apply()
    assert sys.excepthook is one_line


def test_a_package_that_mmaction_needs_is_named(monkeypatch):
    monkeypatch.setattr(sys, 'excepthook', sys.__excepthook__)
    monkeypatch.setitem(sys.modules, 'mmaction.models', None)  # importing it fails
    with pytest.raises(UserError, match=r'mmaction2 needs mmaction\.models.*pip install mmaction'):
        compat.quiet_import()
    assert sys.excepthook is one_line


def test_the_hook_prints_one_line_and_leaves_other_errors_alone(monkeypatch, capsys):
    with pytest.raises(SystemExit) as end:
        one_line(UserError, UserError('no torch'), None)
    assert (end.value.code, capsys.readouterr().err) == (2, 'error: no torch\n')
    monkeypatch.setattr(sys, 'ps1', '>>> ', raising=False)
    one_line(UserError, UserError('no torch'), None)  # a prompt stays
    assert capsys.readouterr().err == 'error: no torch\n'
    one_line(ValueError, ValueError('a fault'), None)
    assert capsys.readouterr().err == 'ValueError: a fault\n'


# ---- checkpoints ----


class Toy(BaseModel):
    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(3, 1)

    def forward(self, x: Tensor, mode: str) -> dict[str, Tensor]:
        return dict(loss=self.layer(x).square().mean())


def toy_runner(work_dir: Path, epochs: int, **settings) -> Runner:
    return Runner(
        model=Toy(),
        work_dir=str(work_dir),
        train_dataloader=dict(
            dataset=[dict(x=torch.randn(3)) for _ in range(4)],
            sampler=dict(type='DefaultSampler', shuffle=True),
            collate_fn=dict(type='default_collate'),
            batch_size=2,
        ),
        train_cfg=dict(by_epoch=True, max_epochs=epochs),
        optim_wrapper=dict(optimizer=dict(type='SGD', lr=0.1)),
        default_hooks=dict(checkpoint=dict(type='CheckpointHook', interval=1)),
        experiment_name=f'toy_{work_dir.name}_{epochs}',
        log_level='ERROR',
        default_scope='mmaction',
        **settings,
    )


def test_mmengine_checkpoint_resumes(tmp_path):
    """The road that fails without the allowed types: ``torch.load`` inside mmengine."""
    toy_runner(tmp_path, 1).train()
    path = tmp_path / 'epoch_1.pth'
    resumed = toy_runner(tmp_path, 2, resume=True, load_from=str(path))
    resumed.train()
    assert resumed.epoch == 2
    history = torch.load(path, weights_only=True)['message_hub']['log_scalars']['train/loss']
    assert isinstance(history, HistoryBuffer)
    assert history.statistics('mean') == pytest.approx(history.data[0].mean())

    model = Toy()
    load_checkpoint(model, str(path))
    expected = torch.load(path, weights_only=True)['state_dict']['layer.weight']
    assert torch.equal(model.layer.weight, expected)


def test_checkpoint_types_must_be_allowed(tmp_path):
    path = tmp_path / 'history.pth'
    torch.save(HistoryBuffer([1.0, 2.0], [1, 1]), path)
    allowed = torch.serialization.get_safe_globals()
    torch.serialization.clear_safe_globals()
    try:
        with pytest.raises(Exception, match='Weights only load failed'):
            torch.load(path, weights_only=True)
        compat.allow_checkpoint_types()
        assert torch.load(path, weights_only=True).mean() == 1.5
    finally:
        torch.serialization.clear_safe_globals()
        torch.serialization.add_safe_globals(allowed)


def test_torch_that_loads_everything_is_left_alone(monkeypatch):
    allowed = torch.serialization.get_safe_globals()
    torch.serialization.clear_safe_globals()
    try:
        monkeypatch.setattr(torch, '__version__', '2.5.1+cu121')
        compat.allow_checkpoint_types()
        assert torch.serialization.get_safe_globals() == []
    finally:
        torch.serialization.add_safe_globals(allowed)


@pytest.mark.parametrize(
    'kind', ['bool', 'int8', 'int64', 'uint8', 'float16', 'float32', 'float64']
)
def test_numpy_values_load(kind, tmp_path):
    array = np.arange(6).reshape(2, 3).astype(kind)
    torch.save(dict(array=array, scalar=array[1, 2]), tmp_path / 'n.pth')
    loaded = torch.load(tmp_path / 'n.pth', weights_only=True)
    np.testing.assert_array_equal(loaded['array'], array)
    assert loaded['scalar'] == array[1, 2]
    assert loaded['scalar'].dtype == array.dtype


@pytest.mark.parametrize(
    'attack',
    [
        Call(os.system, 'true'),
        Call(eval, '1'),
        Call(getattr, HistoryBuffer, '__init__'),
        Call(getattr, np.ndarray, 'tofile'),
    ],
)
def test_foreign_code_stays_refused(attack, tmp_path):
    torch.save(attack, tmp_path / 'attack.pth')
    with pytest.raises(Exception, match=r'Weights only load failed|may not refer to'):
        torch.load(tmp_path / 'attack.pth', weights_only=True)


# ---- train() and eval() ----


def test_backbones_return_themselves():
    backbone = ResNet3d(**SMALL)
    assert backbone.eval() is backbone
    assert not backbone.training
    assert backbone.train() is backbone
    assert backbone.layer4.training
    assert ResNet3d.train.__wrapped__(backbone) is None


def test_frozen_batch_norm_still_stays_in_eval_mode():
    backbone = ResNet3d(**SMALL, norm_eval=True)
    assert not backbone.train().conv1.bn.training


def test_applying_twice_changes_nothing():
    before = nn.Conv3d._conv_forward, ResNet3d.train
    compat.apply()
    assert (nn.Conv3d._conv_forward, ResNet3d.train) == before


# ---- the text of a config ----


def test_the_text_of_a_config_is_formatted_once(monkeypatch):
    found, plain = [], config_module.FormatCode.__wrapped__

    def counted(text, style_config):
        found.append(text)
        return plain(text, style_config=style_config)

    config = Config(dict(a=1, b=dict(c=[1, 2])))
    monkeypatch.setattr(config_module, 'FormatCode', counted)
    text = config.pretty_text
    assert config.pretty_text == text and len(found) == 2  # as mmengine has it
    compat.format_once()
    assert [config.pretty_text, Config(config.to_dict()).pretty_text] == [text, text]
    assert len(found) == 3
    assert Config(dict(a=2)).pretty_text == 'a = 2\n' and len(found) == 4


# ---- what takes seconds to import ----


def test_importing_the_components_loads_none_of_what_takes_long():
    done = run(
        'import sys; from mlfo_mm import components; '
        'from mmaction.datasets.transforms import pose_transforms; '
        'slow = {"scipy.ndimage", "scipy.stats", "torchvision", "torch.distributed.optim", "torch._dynamo"}; '
        'print(sorted(slow & set(sys.modules))); '
        'print(pose_transforms.mode([1, 2, 2])[0], "scipy.stats" in sys.modules)'
    )
    assert (done.stdout, done.stderr) == ('[]\n2 True\n', '')


def test_a_sharded_optimiser_is_torch_s_once_it_is_made():
    done = run(
        'import gc; from mlfo_mm import components; import torch; from torch import nn; '
        'from mmengine.registry import OPTIMIZERS; '
        'print(gc.isenabled(), gc.get_freeze_count() > 100_000); '
        'torch.distributed.init_process_group('
        '"gloo", store=torch.distributed.HashStore(), rank=0, world_size=1); '
        'layer = nn.Linear(2, 1); layer.weight.data.fill_(1.0); '
        'one, other = (OPTIMIZERS.build(dict(type="ZeroRedundancyOptimizer", '
        'params=layer.parameters(), optimizer_type="SGD", lr=0.5)) for _ in range(2)); '
        'layer(torch.ones(1, 2)).sum().backward(); one.step(); '
        'from torch.distributed.optim import ZeroRedundancyOptimizer; '
        'from mmengine.optim import ZeroRedundancyOptimizer as imported; '
        'third = imported(layer.parameters(), "SGD", lr=0.5); '
        'print(isinstance(one, ZeroRedundancyOptimizer), {type(one)} == {type(other), type(third)}, '
        'layer.weight.data.tolist())'
    )
    assert done.stdout == 'True True\nTrue True [[0.5, 0.5]]\n', done.stderr


def test_a_log_names_torchvision_without_loading_it():
    done = run(
        'import sys; from mlfo_mm import components; from mmengine.runner import runner; '
        'print(runner.collect_env()["TorchVision"], "torchvision" in sys.modules)'
    )
    assert done.stdout == f'{metadata.version("torchvision")} False\n'
