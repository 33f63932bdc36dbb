"""What an import loads: the package nothing, a tool only what it works with, a config everything."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from mmaction.registry import DATASETS, METRICS, MODELS, TRANSFORMS
from mmengine.config import Config
from mmengine.registry import HOOKS, OPTIM_WRAPPERS

import mlfo_mm.components
import mlfo_mm.datasets

REPO = Path(__file__).resolve().parent.parent
HEAVY = {'torch', 'torchvision', 'mmengine', 'mmcv', 'mmaction', 'numpy', 'cv2'}
BARRED = """
import runpy, sys
from importlib.machinery import ModuleSpec

class Barred:
    def find_spec(self, name, path=None, target=None):
        if name.partition('.')[0] in ('torch', 'mmengine'):
            return ModuleSpec(name, self)

    def create_module(self, spec):
        raise ImportError(f'{spec.name} is barred')

    exec_module = None

sys.meta_path.insert(0, Barred())
sys.argv.pop(0)
sys.path.insert(0, sys.argv[0].rpartition('/')[0])
runpy.run_path(sys.argv[0], run_name='__main__')
"""
LIGHT = (
    'benchmark.py', 'compare.py', 'make_figures.py', 'make_tables.py', 'dev/make_method_table.py',
    'data/check_videos.py', 'data/make_digits.py', 'data/prepare_dataset.py',
)  # fmt: skip


def run(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, '-c', code, *arguments]
    environment = os.environ | dict(PYTHONPATH=str(REPO))
    return subprocess.run(command, capture_output=True, text=True, env=environment, timeout=300)


def test_the_package_alone_loads_nothing():
    code = f'import sys, mlfo_mm; print(mlfo_mm.__version__, {HEAVY} & set(sys.modules))'
    assert run(code).stdout == f'{mlfo_mm.__version__} set()\n'


@pytest.mark.parametrize('tool', LIGHT)
def test_tools_that_need_no_torch(tool):
    done = run(BARRED, str(REPO / 'tools' / tool), '--help')
    assert (done.returncode, done.stderr) == (0, '')
    usage = done.stdout.split()
    assert usage[0] == 'usage:' and any(Path(word).name == Path(tool).name for word in usage[:3])


def test_the_doctor_says_that_torch_is_barred():
    done = run(BARRED, str(REPO / 'tools' / 'doctor.py'))
    assert (done.returncode, done.stderr) == (1, '')
    assert 'cannot be imported (torch is barred)' in done.stdout


def test_datasets_offers_its_names_without_importing_them():
    code = (
        'import sys\nfrom mlfo_mm import datasets\n'
        "assert 'VideoListDataset' in dir(datasets) and 'torch' not in sys.modules\n"
        'from mlfo_mm.datasets import *\n'
        'print(VideoListDataset.__module__, OpenVideo.__module__)\n'
    )
    home = 'mlfo_mm.datasets'
    assert run(code).stdout == f'{home}.video_list {home}.transforms.decode\n'
    assert all(hasattr(mlfo_mm.datasets, name) for name in mlfo_mm.datasets.__all__)
    with pytest.raises(AttributeError, match=r"'mlfo_mm\.datasets' has no attribute 'VideoLists'"):
        mlfo_mm.datasets.VideoLists  # noqa: B018
    with pytest.raises(ImportError, match='SampleNothing'):
        from mlfo_mm.datasets import SampleNothing  # noqa: F401


def test_lazy_configs_build_what_datasets_names(tmp_path):
    path = tmp_path / 'lazy.py'
    path.write_text(
        'from mmengine.config import read_base\n\n'
        'with read_base():\n    from .base import *\n\n'
        'from mlfo_mm.datasets import VideoListDataset\n'
        'data = dict(type=VideoListDataset)\n'
    )
    (tmp_path / 'base.py').write_text(
        'from mlfo_mm.datasets import OpenVideo\nstep = dict(type=OpenVideo)\n'
    )
    config = Config.fromfile(path)
    assert config.data.type is mlfo_mm.datasets.VideoListDataset
    assert config.step.type is mlfo_mm.datasets.OpenVideo


def test_a_config_of_plain_names_builds_what_datasets_names():
    name = 'mlfo_mm.datasets.VideoListDataset'
    code = f'from mmengine.registry import DATASETS; print(DATASETS.get({name!r}).__module__)'
    assert run(code).stdout == 'mlfo_mm.datasets.video_list\n'


def test_custom_imports_register_every_component(tmp_path):
    kinds = (DATASETS, METRICS, MODELS, TRANSFORMS, HOOKS, OPTIM_WRAPPERS)
    shipped = Config.fromfile(REPO / 'configs/runtime.py', lazy_import=True)
    (tmp_path / 'plain.py').write_text(f'custom_imports = {shipped.custom_imports.to_dict()}\n')
    code = (
        'from mmengine.config import Config\n'
        'from mmaction.registry import DATASETS, METRICS, MODELS, TRANSFORMS\n'
        'from mmengine.registry import HOOKS, OPTIM_WRAPPERS\n'
        f'Config.fromfile({str(tmp_path / "plain.py")!r})\n'
        'for kind in (DATASETS, METRICS, MODELS, TRANSFORMS, HOOKS, OPTIM_WRAPPERS):\n'
        '    print(*sorted(n for n, v in kind.module_dict.items() if "mlfo_mm." in str(v)))\n'
    )
    for kind, line in zip(kinds, run(code).stdout.splitlines(), strict=True):
        ours = [name for name, value in kind.module_dict.items() if 'mlfo_mm.' in str(value)]
        assert line.split() == sorted(ours) != []
