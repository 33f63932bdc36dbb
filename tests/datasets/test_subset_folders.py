"""Folders that are subsets by their names are never classes, and what is left out is said."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlfo_mm.datasets.prepare_folder import prepare_folder
from mlfo_mm.datasets.prepare_official import prepare_kinetics400
from mlfo_mm.datasets.subset_folders import split_by_folders, subset_word
from mlfo_mm.errors import UserError


def touch(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    return folder


def pair(train: str, test: str) -> list[str]:
    return [f'{s}/{c}/{s}{c}.mp4' for s in (train, test) for c in ('jump', 'run')]


@pytest.mark.parametrize(
    ('name', 'word'),
    [
        ('Train', 'train'),
        ('TRAINING', 'training'),
        ('train_256', 'train'),
        ('Test-Set', 'test'),
        ('kinetics400_val', 'val'),
        ('videos_validation', 'validation'),
        ('replacement', 'replacement'),
        ('TestVideos', 'test'),
        ('train_val', 'trainval'),
        ('evalset', 'eval'),
        ('contest', ''),
        ('device', ''),
        ('train spotting', ''),
        ('testing tubes', ''),
        ('trainer', ''),
        ('jump', ''),
        ('2', ''),
    ],
)
def test_words(name: str, word: str):
    assert subset_word(name) == word


@pytest.mark.parametrize(
    ('train', 'test'),
    [
        ('Train', 'Test'),
        ('train', 'val'),
        ('TRAIN', 'VALID'),
        ('training', 'validation'),
        ('Training', 'Testing'),
        ('train_256', 'val_256'),
        ('trainset', 'testset'),
        ('TrainData', 'eval'),
        ('trainval', 'TEST'),
    ],
)
def test_subsets_are_no_classes(train: str, test: str, tmp_path: Path):
    touch(tmp_path / 'videos', *pair(train, test))
    classes, lists = prepare_folder(tmp_path)[1:3]
    assert classes == ['jump', 'run']
    assert {video.split('/')[0] for video, _ in lists['train.txt']} == {train}
    assert {video.split('/')[0] for video, _ in lists['test.txt']} == {test}


@pytest.mark.parametrize(
    ('train', 'test'),
    [('my-train', 'my-test'), ('tennis_train_1', 'tennis_val_1'), ('Court training', 'Court TEST')],
)
def test_subsets_that_are_called_by_their_data_set(train: str, test: str, tmp_path: Path):
    touch(tmp_path / 'videos', *pair(train, test))
    _, classes, lists, notes = prepare_folder(tmp_path)
    assert classes == ['jump', 'run'] and f'the folders {train} and {test}' in notes[0]
    assert {video.split('/')[0] for video, _ in lists['test.txt']} == {test}


@pytest.mark.parametrize(
    'names',
    [
        ['train spotting/a/1.mp4', 'test drive/a/2.mp4'],  # nothing beside the word is alike
        ['driving train/a/1.mp4', 'driving test/b/2.mp4'],  # nothing below is
    ],
)
def test_classes_with_such_a_word_stay_classes(names: list[str], tmp_path: Path):
    assert split_by_folders(tmp_path, names) is None


def test_subsets_below_the_classes(tmp_path: Path):
    touch(tmp_path / 'videos', *(f'{c}/{s}/1.mp4' for c in ('a', 'b') for s in ('Train', 'Test')))
    _, classes, lists, _ = prepare_folder(tmp_path)
    assert classes == ['a', 'b']
    assert lists['test.txt'] == [('a/Test/1.mp4', 0), ('b/Test/1.mp4', 1)]


@pytest.mark.parametrize('third', ['replacement', 'extra videos', 'Holdout'])
def test_a_third_folder_is_left_out_and_named(third: str, tmp_path: Path):
    touch(tmp_path / 'videos', *pair('train', 'val'), f'{third}/jump/3.mp4', f'{third}/fly/4.mp4')
    for prepare in (prepare_folder, prepare_kinetics400):
        _, classes, lists, notes = prepare(tmp_path)
        assert classes == ['jump', 'run'] and sum(map(len, lists.values())) == 4
        assert f'2 other videos below {tmp_path}/videos (in {third}); left out' in notes


def test_of_validation_and_test_one_is_taken(tmp_path: Path):
    touch(tmp_path / 'videos', *pair('train', 'val'), *pair('x', 'test')[2:])
    for prepare, taken, other in (
        (prepare_folder, 'test', 'val'),
        (prepare_kinetics400, 'val', 'test'),
    ):
        _, _, lists, notes = prepare(tmp_path)
        assert {video.split('/')[0] for video, _ in lists['test.txt']} == {taken}
        assert f'2 other videos below {tmp_path}/videos (in {other}); left out' in notes


@pytest.mark.parametrize(
    'names',
    [
        ['train/a/1.mp4', 'train/b/2.mp4', 'replacement/a/3.mp4'],
        ['Train/1.mp4', 'Test/2.mp4'],
        ['val/a/1.mp4', 'test/a/2.mp4'],
    ],
)
def test_subsets_that_are_no_pair_are_refused(names: list[str], tmp_path: Path):
    touch(tmp_path / 'videos', *names)
    with pytest.raises(UserError, match='are subsets by their names, not classes'):
        prepare_folder(tmp_path)


def test_two_folders_of_one_meaning_are_refused(tmp_path: Path):
    names = [*pair('train_1', 'test'), 'train_2/jump/1.mp4']
    with pytest.raises(UserError, match='train_1 and train_2 mean the same'):
        split_by_folders(tmp_path, names)


def test_classes_that_are_called_so_stay_classes(tmp_path: Path):
    names = [f'{c}/g{g}/1.mp4' for c in ('train', 'bus', 'car') for g in range(4)]
    touch(tmp_path / 'videos', *names)
    assert prepare_folder(tmp_path).classes == ['bus', 'car', 'train']


def test_every_kind_of_video_belongs_in_and_other_files_are_named(tmp_path: Path):
    suffixes = ['.MTS', '.3gp', '.gif', '.mp4', '.m2ts', '.ogv', '.TS', '.vob']
    names = [f'{c}/{n}{s}' for c in ('a', 'b') for n, s in enumerate(suffixes)]
    touch(tmp_path / 'videos', *names, 'a/notes.txt', 'a/x.JPG', 'b/y.jpg', 'b/LICENSE', 'list.csv')
    _, _, lists, notes = prepare_folder(tmp_path)
    assert sorted(video for videos in lists.values() for video, _ in videos) == sorted(names)
    assert '4 files are no videos by their suffix; left out: 2 .jpg, 1 .txt, 1 no suffix' in notes


def test_a_subset_without_its_partner_is_a_class_with_a_warning(tmp_path: Path):
    touch(tmp_path / 'videos', *pair('queries', 'test'))
    touch(tmp_path / 'vehicles/videos', *(f'{c}/{n}.mp4' for c in ('train', 'car') for n in '12'))
    _, classes, _, notes = prepare_folder(tmp_path)
    assert classes == ['queries', 'test']
    assert [note for note in notes if 'test is taken for a class' in note]
    _, classes, _, notes = prepare_folder(tmp_path / 'vehicles')
    assert classes == ['car', 'train']
    assert not [note for note in notes if 'taken for a class' in note]
