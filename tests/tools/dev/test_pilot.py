"""A pilot's data set: the training list alone, whole groups for its test list."""

from __future__ import annotations

import importlib.util

import pytest

from mlfo_mm.datasets.annotation import list_file, read_list
from mlfo_mm.errors import UserError
from tests.conftest import REPO

spec = importlib.util.spec_from_file_location('pilot', REPO / 'tools/dev/pilot.py')
pilot = importlib.util.module_from_spec(spec)
spec.loader.exec_module(pilot)


@pytest.fixture
def data(tmp_path, monkeypatch):
    """Three groups in the training list, a fourth in the test list."""
    folder = tmp_path / 'data' / 'pair'
    folder.mkdir(parents=True)
    names = {group: [f'v_a_g{group}_c{n}.mp4' for n in (1, 2, 3)] for group in ('01', '02', '03')}
    for name in [name for each in names.values() for name in each] + ['v_a_g04_c1.mp4']:
        (folder / name).write_bytes(b'video')
    lines = [f'{name} 0\n' for each in names.values() for name in each]
    (folder / 'train.txt').write_text(''.join(lines))
    (folder / 'test.txt').write_text('v_a_g04_c1.mp4 0\n')
    (folder / 'classes.txt').write_text('a\n')
    monkeypatch.setenv('MLFO_DATA_ROOT', str(tmp_path / 'data'))
    return tmp_path / 'made'


def listed(root, name, subset):
    folder = root / name
    paths = [sample.path for sample in read_list(list_file(folder, subset))]
    assert all((folder / path).is_file() for path in paths)
    return paths


def test_groups_are_left_out_whole_and_the_test_list_is_not_read(data):
    name = pilot.split_list('pair', ['02'], data)
    assert listed(data, name, 'test') == [f'v_a_g02_c{n}.mp4' for n in (1, 2, 3)]
    assert len(listed(data, name, 'train')) == 6
    assert not [path for path in data.rglob('*') if '_g04_' in path.name]
    thinned = pilot.split_list('pair', ['02'], data, every=3)
    assert thinned != name
    assert listed(data, thinned, 'train') == ['v_a_g01_c1.mp4', 'v_a_g03_c1.mp4']
    assert pilot.split_list('pair', ['02'], data) == name  # again, over what is there


@pytest.mark.parametrize('groups', [['09'], ['01', '02', '03']])
def test_nothing_left_is_said(data, groups):
    with pytest.raises(UserError, match='nothing left out, or nothing left'):
        pilot.split_list('pair', groups, data)
