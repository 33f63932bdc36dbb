"""What ``clean`` takes away, and what it never does."""

from __future__ import annotations

import zipfile

import pytest

from mlfo_mm.benchmark.clean import early_checkpoints, stored_features
from mlfo_mm.benchmark.folders import Folders


@pytest.fixture
def folders(tmp_path):
    """A finished run, one whose last checkpoint is broken, a classifier, features, a record."""
    work = tmp_path / 'work'
    for place, last in (('mini/done', 3), ('mini/broken', 3), ('evaluate/tuned', 2), ('demo/x', 2)):
        for epoch in range(1, last + 1):
            path = work / place / f'epoch_{epoch}.pth'
            path.parent.mkdir(parents=True, exist_ok=True)
            with zipfile.ZipFile(path, 'w') as archive:
                archive.writestr('weights', b'0' * 100)
    (work / 'mini/broken/epoch_3.pth').write_bytes(b'cut')
    (work / 'mini/done/step_7.pth').write_bytes(b'a stop in an epoch')
    (work / 'evaluate/features').mkdir()
    (work / 'evaluate/features/ab.npz').write_bytes(b'12345')
    return Folders(tmp_path, work, tmp_path / 'results')


def names(waste):
    return [f'{path.parent.name}/{path.name}' for path in waste.paths]


def test_the_last_whole_checkpoint_stays_and_what_comes_after_it(folders):
    runs, classifiers = early_checkpoints(folders, 'mini')
    assert names(runs) == ['broken/epoch_1.pth', 'done/epoch_1.pth', 'done/epoch_2.pth']
    assert names(classifiers) == ['tuned/epoch_1.pth']
    assert runs.size == sum(path.stat().st_size for path in runs.paths) > 300
    runs.remove()
    left = {path.name for path in (folders.work_dir / 'mini/broken').iterdir()}
    assert left == {'epoch_2.pth', 'epoch_3.pth'}
    assert (folders.work_dir / 'mini/done/step_7.pth').is_file()
    assert (folders.work_dir / 'demo/x/epoch_1.pth').is_file()
    assert names(early_checkpoints(folders, 'mini')[0]) == []


def test_features(folders):
    waste = stored_features(folders)
    assert (names(waste), waste.size) == (['features/ab.npz'], 5)
    waste.remove()
    assert not stored_features(folders).paths
