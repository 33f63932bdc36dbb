"""Findings on the installation, with made-up distributions in place of what is installed."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib import metadata, util
from pathlib import Path
from types import SimpleNamespace

import av
import pytest
import torch

from mlfo_mm import installation
from mlfo_mm.errors import UserError
from mlfo_mm.installation import ESSENTIAL, Finding, Package, check_version

REPO = Path(__file__).resolve().parent.parent
MMCV = next(package for package in ESSENTIAL if package.name == 'mmcv')


@pytest.fixture
def versions(monkeypatch) -> dict[str, str]:
    """Distributions that seem installed: put names and versions in."""
    here: dict[str, str] = {}

    def version(name: str) -> str:
        if name not in here:
            raise metadata.PackageNotFoundError(name)
        return here[name]

    monkeypatch.setattr(metadata, 'version', version)
    monkeypatch.setattr(util, 'find_spec', lambda name: None)
    return here


def test_this_environment_is_in_order():
    installation.require()
    assert not [f for f in installation.report() if f.status == 'wrong']


def test_tested_versions_are_those_of_the_constraints():
    lines = (REPO / 'constraints.txt').read_text().splitlines()
    pins = dict(line.split('==') for line in lines if not line.startswith('#'))
    for package in ESSENTIAL:
        pinned = [pins[name] for name in package.distributions if name in pins]
        assert pinned == [package.tested], package.name
        assert f'=={package.tested}' in package.remedy


@pytest.mark.parametrize(
    ('distribution', 'version', 'status'),
    [
        ('mmcv-lite', '2.1.0', 'ok'),
        ('mmcv', '2.1.0', 'ok'),
        ('mmcv', '2.0.1', 'note'),
        ('mmcv', '2.1.0+cpu', 'ok'),
        ('mmcv', '2.2.0', 'wrong'),
        ('mmcv', '1.7.2', 'wrong'),
        ('mmcv-full', '1.7.2', 'wrong'),
    ],
)
def test_a_full_mmcv_does_as_well_within_its_range(distribution, version, status, versions):
    versions[distribution] = version
    finding = check_version(MMCV)
    assert finding.status == status
    if status == 'wrong':
        assert 'pip install --no-deps mmcv-lite==2.1.0' in finding.remedy
    else:
        assert version in finding.text


def test_a_full_mmcv_is_removed_before_another_is_installed_over_it(versions):
    versions['mmcv'] = '2.2.0'
    finding = check_version(MMCV)
    assert finding.text == '2.2.0 does not do: >= 2.0, < 2.2 is needed'
    assert finding.remedy.startswith('python -m pip uninstall -y mmcv && ')


def test_a_checkout_on_the_path_is_of_unknown_version(versions, monkeypatch):
    monkeypatch.setattr(util, 'find_spec', lambda name: name == 'mmcv' or None)
    finding = check_version(MMCV)
    assert (finding.status, finding.text) == ('note', 'is importable, but of unknown version')


@pytest.mark.parametrize(
    ('version', 'status', 'text'),
    [
        ((3, 10), 'wrong', 'x.y, /bin/python'),
        ((3, 11), 'ok', 'x.y, /bin/python'),
        ((3, 12), 'ok', 'x.y, /bin/python'),
        ((3, 13), 'note', 'x.y, /bin/python; tested are 3.11 and 3.12'),
    ],
)
def test_the_interpreter(version, status, text, monkeypatch):
    this = SimpleNamespace(version_info=version, version='x.y (main)', executable='/bin/python')
    monkeypatch.setattr(installation, 'sys', this)
    finding = installation.check_python()
    assert (finding.status, finding.text) == (status, text)
    assert ('make install PYTHON=' in finding.remedy) == (status == 'wrong')


@pytest.mark.parametrize(
    ('version', 'numbers'),
    [('2.11.0+cu130', (2, 11, 0)), ('1.0rc1', (1, 0)), ('', ()), ('2.2.0.dev3', (2, 2, 0))],
)
def test_parse(version, numbers):
    assert installation.parse(version) == numbers


def test_torchvision_must_be_built_for_the_torch_that_is_here(versions, monkeypatch):
    versions.update(torch='2.10.0+cu126', torchvision='0.26.0')
    monkeypatch.setattr(metadata, 'requires', lambda name: ['numpy', 'torch==2.11.0', 'pillow'])
    finding = installation.check_pair(Finding('ok', 'torchvision', ''))
    assert finding.status == 'wrong'
    assert finding.text == '0.26.0 is built for torch 2.11.0, here is 2.10.0'
    assert finding.remedy == 'python -m pip install torch==2.10.0 torchvision'
    versions['torch'] = '2.11.0+cpu'
    assert installation.check_pair(Finding('ok', 'torchvision', '')).status == 'ok'


def test_a_package_that_fails_to_import_with_any_error(tmp_path, monkeypatch):
    broken = 'raise RuntimeError("operator torchvision::nms does not exist\\nmore")'
    (tmp_path / 'half_built.py').write_text(broken)
    monkeypatch.syspath_prepend(tmp_path)
    package = Package('half_built', ('x',), '1', '1', '2', 'python -m pip install half_built')
    finding = installation.check_import(package, Finding('ok', 'half_built', ''))
    assert finding.status == 'wrong'
    assert finding.text == 'cannot be imported (operator torchvision::nms does not exist)'
    assert finding.remedy == 'python -m pip install --force-reinstall half_built'


def test_a_broken_torchvision_is_one_line_where_it_is_used(tmp_path, monkeypatch):
    (tmp_path / 'torchvision.py').write_text('raise RuntimeError("no such operator\\nmore")')
    monkeypatch.syspath_prepend(tmp_path)
    for name in [name for name in sys.modules if name.partition('.')[0] == 'torchvision']:
        monkeypatch.delitem(sys.modules, name)
    with pytest.raises(UserError, match=r'torchvision cannot be imported \(no such operator\)\.'):
        installation.torchvision('ops')


def test_torchvision_is_not_imported_before_it_is_used():
    code = "import sys, mlfo_mm.components; sys.exit('torchvision' in sys.modules)"
    subprocess.run([sys.executable, '-c', code], cwd=REPO, check=True, timeout=300)


def test_one_error_with_one_command_for_several_faults(versions):
    versions.update({'mmcv-lite': '2.1.0', 'numpy': '1.20.0'})
    with pytest.raises(UserError) as caught:
        installation.require()
    message = str(caught.value)
    assert message.startswith('torch is missing; torchvision is missing; numpy 1.20.0 does not do')
    assert message.count('torch==2.11.0 torchvision==0.26.0') == 1
    assert '\n' not in message
    assert 'mmcv' not in message


def test_distributions_that_share_a_folder(monkeypatch):
    shared = {
        'cv2': ['opencv-python', 'opencv-contrib-python-headless'],
        'mmaction': ['mmaction2', 'otxmmaction2'],
        'mmcv': ['mmcv-lite'],
    }
    monkeypatch.setattr(metadata, 'packages_distributions', lambda: shared)
    cv2, mmaction = installation.check_overlays()
    assert (cv2.status, mmaction.status) == ('note', 'wrong')
    assert 'opencv-contrib-python-headless and opencv-python' in cv2.text
    assert mmaction.remedy == (
        'python -m pip uninstall -y mmaction2 otxmmaction2 && '
        'python -m pip install --no-deps mmaction2==1.2.0'
    )


def test_no_decoder_is_wrong_one_is_enough(monkeypatch):
    monkeypatch.setitem(sys.modules, 'decord', None)
    status = {f.name: f.status for f in installation.check_video()}
    assert status == {'decord': 'note', 'decoders': 'ok', 'H.264': 'ok'}
    monkeypatch.setitem(sys.modules, 'av', None)
    status = {f.name: f.status for f in installation.check_video()}
    assert status == {'decord': 'note', 'PyAV': 'note', 'decoders': 'wrong'}


def test_h264_that_cannot_be_written_is_noted(monkeypatch):
    monkeypatch.setattr(av, 'codecs_available', {'mpeg4'})
    *_, finding = installation.check_video()
    assert (finding.name, finding.status) == ('H.264', 'note')
    assert finding.text == 'cannot be written: no embedded data set'


def test_gpus_are_named_once(monkeypatch):
    monkeypatch.setattr(torch.cuda, 'device_count', lambda: 2)
    monkeypatch.setattr(torch.cuda, 'get_device_name', lambda _: 'Some GPU')
    assert installation.check_gpus() == Finding('ok', 'GPUs', '2: Some GPU')
    monkeypatch.setattr(torch.cuda, 'device_count', lambda: 0)
    assert 'none seen by torch' in installation.check_gpus().text
    monkeypatch.setitem(sys.modules, 'torch', None)
    assert installation.check_gpus().text.startswith('unknown, torch is unfit (import of torch')


def test_data_sets_are_listed_with_their_counts(tmp_path, monkeypatch):
    monkeypatch.setenv('MLFO_DATA_ROOT', str(tmp_path))
    monkeypatch.chdir(tmp_path)
    (none,) = installation.check_datasets()
    assert none.status == 'note'
    assert 'make_digits.py' in none.remedy
    folder = tmp_path / 'own'
    folder.mkdir()
    (folder / 'classes.txt').write_text('a\nb\n')
    (folder / 'train.txt').write_text('x.mp4 0\ny z.mp4 1\n')
    (tmp_path / 'no data set').mkdir()
    (found,) = installation.check_datasets()
    assert found == Finding('ok', 'data set', f'own: train.txt 2, {folder}')
    (folder / 'train.txt').write_bytes(b'x.mp4 0\n\xff.mp4 1\n')
    (found,) = installation.check_datasets()
    assert (found.status, found.remedy) == ('note', 'prepare it again')
    assert found.text.startswith(f'own: {folder}/train.txt:2: not UTF-8')


TOOLS = (
    'train.py config.py',
    'test.py config.py a.pth',
    'evaluate.py a.pth --task retrieval --dataset a',
    'dev/bench/train_step.py config.py',
)


@pytest.mark.parametrize('tool', TOOLS)
def test_tools_without_torch_end_in_one_line(tool):
    environment = dict(os.environ, PYTHONPATH=str(REPO))
    name, *words = tool.split()
    command = [sys.executable, '-S', str(REPO / 'tools' / name), *words]  # no site-packages
    done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=120)
    assert done.returncode == 2
    assert done.stdout == ''
    assert done.stderr.startswith('error: torch is missing; torchvision is missing; ')
    assert 'python -m pip install torch==2.11.0 torchvision==0.26.0' in done.stderr
    assert done.stderr.count('\n') == 1
