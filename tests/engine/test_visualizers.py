"""Curves to TensorBoard, W&B and MLflow; stand-ins take the place of packages that are not here."""

from __future__ import annotations

import runpy
import sys
import types
from importlib.machinery import ModuleSpec

import pytest
from mmengine.registry import VISUALIZERS
from mmengine.visualization import Visualizer

from mlfo_mm.engine.config import load_config
from mlfo_mm.engine.visualizers import use_visualizers
from mlfo_mm.errors import UserError
from tests.conftest import REPO

CHOICES = runpy.run_path(str(REPO / 'tools/train.py'))['VISUALIZERS']


class StandIn(types.ModuleType):
    """A package whose every function notes its name and what it was given."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.__spec__ = ModuleSpec(name, None)
        self.calls: list[tuple[str, tuple, dict]] = []
        self.config = types.SimpleNamespace(update=lambda *args, **kwargs: None)
        self.run = types.SimpleNamespace(log_code=lambda **kwargs: None)

    def __getattr__(self, name: str):
        if name.startswith('__'):
            raise AttributeError(name)
        return lambda *args, **kwargs: self.calls.append((name, args, kwargs))

    def named(self, name: str) -> list[tuple[tuple, dict]]:
        return [call[1:] for call in self.calls if call[0] == name]


@pytest.fixture
def config(tmp_path):
    config = load_config('mlfo/r3d18@smoke')
    config.work_dir = str(tmp_path / 'a run')
    return config


@pytest.fixture
def built(config, tmp_path, request):
    """``built(names)``: the run's visualizer, which has seen its config and one loss."""

    def build(*names: str) -> Visualizer:
        use_visualizers(config, names)
        settings = dict(config.visualizer, name=request.node.name, save_dir=str(tmp_path / 'vis'))
        visualizer = VISUALIZERS.build(settings)
        visualizer.add_config(config)
        visualizer.add_scalars(dict(loss=0.5), step=3)
        return visualizer

    return build


def test_wandb_is_offline_unless_it_is_asked_not_to_be(built, config, monkeypatch):
    wandb = StandIn('wandb')
    monkeypatch.setitem(sys.modules, 'wandb', wandb)
    monkeypatch.delenv('WANDB_MODE', raising=False)
    built('wandb')
    ((_, said),) = wandb.named('init')
    assert said['mode'] == 'offline' and said['name'] == 'a run' and said['project'] == 'mlfo_mm'
    assert wandb.named('log')[0][0][0] == dict(loss=0.5)
    monkeypatch.setenv('WANDB_MODE', 'online')
    use_visualizers(config, ['wandb'])
    assert config.visualizer.vis_backends[1]['init_kwargs']['mode'] == 'online'


def test_mlflow_has_a_few_values_and_the_config(built, config, monkeypatch, tmp_path):
    mlflow = StandIn('mlflow')
    monkeypatch.setitem(sys.modules, 'mlflow', mlflow)
    monkeypatch.delenv('MLFLOW_TRACKING_URI', raising=False)
    built('mlflow')
    (((where,), _),) = mlflow.named('set_tracking_uri')
    assert where == f'sqlite:///{tmp_path}/a run/mlflow.db'
    (((params,), _),) = mlflow.named('log_params')
    assert params['method'] == 'mlfo' and params['profile'] == 'smoke' and len(params) == 5
    assert mlflow.named('log_metrics') == [((dict(loss=0.5), 3), {})]
    monkeypatch.setenv('MLFLOW_TRACKING_URI', 'http://there')
    use_visualizers(config, ['mlflow'])
    assert config.visualizer.vis_backends[1]['tracking_uri'] == 'http://there'


def test_files_are_written_whatever_is_asked_for(built, tmp_path):
    built('tensorboard')
    assert list((tmp_path / 'vis').rglob('events.out.tfevents*'))
    assert '"loss": 0.5' in (tmp_path / 'vis/vis_data/scalars.json').read_text()


@pytest.mark.parametrize('name', CHOICES)
def test_a_missing_package_is_named(config, name, monkeypatch):
    monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(UserError, match=f'^--visualizer {name}: .*: python -m pip install {name}$'):
        use_visualizers(config, [name])
