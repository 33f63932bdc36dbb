"""Splitting a folder of class folders, groups whole."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlfo_mm.datasets.annotation import read_classes, read_list
from mlfo_mm.datasets.prepare import scan_videos, write_dataset
from mlfo_mm.datasets.prepare_folder import _choose_test, prepare_folder
from mlfo_mm.errors import UserError
from tests.datasets.test_subset_folders import touch

GROUP = r'_g(\d+)_'


def make(folder: Path, classes: int = 3, groups: int = 10, clips: int = 2, first: int = 0) -> Path:
    for c in range(classes):
        (folder / f'class{c}').mkdir(parents=True)
        for g in range(first, first + groups):
            for i in range(clips):
                (folder / f'class{c}' / f'v_class{c}_g{g:02d}_c{i}.mp4').touch()
    return folder


def group_of(video: str) -> str:
    found = re.search(GROUP, video)
    assert found
    return found.group(1)


def test_groups_stay_whole_and_classes_get_their_share(tmp_path: Path):
    make(tmp_path / 'd/videos')
    prepared = prepare_folder(tmp_path / 'd', group_regex=GROUP, test_fraction=0.3, seed=1)
    train, test = prepared.lists['train.txt'], prepared.lists['test.txt']
    assert prepared.classes == ['class0', 'class1', 'class2']
    assert not {group_of(v) for v, _ in train} & {group_of(v) for v, _ in test}
    assert sorted(v for v, _ in train + test) == scan_videos(tmp_path / 'd/videos')
    assert Counter(label for _, label in test) == {0: 6, 1: 6, 2: 6}
    assert all(v.startswith(f'class{label}/') for v, label in train + test)


def test_the_seed_decides(tmp_path: Path):
    make(tmp_path / 'd')
    first, same, other = (
        prepare_folder(tmp_path / 'd', group_regex=GROUP, seed=s).lists['test.txt']
        for s in (0, 0, 1)
    )
    assert first == same
    assert first != other


def test_without_groups_each_class_is_divided_exactly(tmp_path: Path):
    make(tmp_path / 'd', groups=5)
    prepared = prepare_folder(tmp_path / 'd', test_fraction=0.4)
    assert Counter(label for _, label in prepared.lists['test.txt']) == {0: 4, 1: 4, 2: 4}


@settings(max_examples=50, deadline=None)
@given(
    st.dictionaries(
        st.integers(0, 30).map(str),
        st.lists(st.sampled_from(['a', 'b', 'c']), min_size=1, max_size=8),
        min_size=1,
    ),
    st.floats(0.05, 0.95),
    st.integers(0, 5),
)
def test_no_group_would_bring_the_split_nearer(groups: dict, fraction: float, seed: int):
    """The test list is a union of groups, and no farther from its aim than an empty one."""
    videos = {g: [f'{c}/{g}_{i}' for i, c in enumerate(cs)] for g, cs in groups.items()}
    test = _choose_test(videos, fraction, seed)
    for members in videos.values():
        assert test.isdisjoint(members) or test.issuperset(members)
    totals = Counter(v[0] for vs in videos.values() for v in vs)
    chosen = Counter(v[0] for v in test)
    error = sum(abs(fraction * n - chosen[c]) for c, n in totals.items())
    assert error <= fraction * sum(totals.values()) + 1e-9


def test_train_and_test_folders_are_taken_as_they_are(tmp_path: Path):
    make(tmp_path / 'd/videos/train', classes=2, groups=2)
    make(tmp_path / 'd/videos/val', classes=2, groups=1, first=2)
    write_dataset(tmp_path / 'd', prepare_folder(tmp_path / 'd'))
    assert read_classes(tmp_path / 'd') == ['class0', 'class1']
    train, test = (read_list(tmp_path / 'd' / f'{s}.txt', 2) for s in ('train', 'test'))
    assert [len(train), len(test)] == [8, 4]
    assert train[0].path == 'videos/train/class0/v_class0_g00_c0.mp4'
    assert test[-1][:2] == ('videos/val/class1/v_class1_g02_c1.mp4', 1)
    make(tmp_path / 'e/videos/train', classes=2, groups=2)
    make(tmp_path / 'e/videos/val', classes=2, groups=1, first=1, clips=3)
    with pytest.raises(UserError, match=r'of group v_class0_g01 .*--group-regex.*rename'):
        write_dataset(tmp_path / 'e', prepare_folder(tmp_path / 'e'))


def test_videos_in_no_class_are_noted(tmp_path: Path):
    make(tmp_path / 'd/videos')
    (tmp_path / 'd/videos/stray.mp4').touch()
    (tmp_path / 'd/videos/empty_class').mkdir()
    prepared = prepare_folder(tmp_path / 'd')
    assert 'empty_class' not in prepared.classes
    assert prepared.notes[0].startswith('1 videos in no class folder')


def test_videos_beside_the_folders_of_a_split_are_noted(tmp_path: Path):
    for name in ('train/a/1.mp4', 'train/b/2.mp4', 'test/a/3.mp4', 'test/b/4.mp4', 'train/5.mp4'):
        (tmp_path / 'd/videos' / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / 'd/videos' / name).touch()
    prepared = prepare_folder(tmp_path / 'd')
    assert prepared.lists['train.txt'] == [('train/a/1.mp4', 0), ('train/b/2.mp4', 1)]
    assert prepared.notes == [
        f'split by the folders train and test of {tmp_path}/d/videos',
        f'1 other videos below {tmp_path}/d/videos; left out',
    ]


def test_a_class_of_one_group_is_noted(tmp_path: Path):
    make(tmp_path / 'd/videos')
    (tmp_path / 'd/videos/rare').mkdir()
    (tmp_path / 'd/videos/rare/v_rare_g99_c0.mp4').touch()
    notes = prepare_folder(tmp_path / 'd', group_regex=GROUP).notes
    assert notes[-1] == 'warning: no video of rare in test.txt'


@pytest.mark.parametrize(
    ('changes', 'message'),
    [
        ({'group_regex': '_s('}, r"--group-regex '_s\('"),
        ({'group_regex': r'_s(\d+)_'}, r'finds no group in .*v_class0_g00_c0\.mp4'),
        ({'group_regex': r'v_(x)?'}, 'finds no group in'),
        ({'group_regex': 'mp4'}, '1 groups of videos cannot be divided'),
        ({'test_fraction': 0.0}, 'not between 0 and 1'),
        ({'test_fraction': 1.0}, 'not between 0 and 1'),
        ({'test_fraction': 0.001}, 'cannot be divided'),
    ],
)
def test_errors(changes: dict, message: str, tmp_path: Path):
    make(tmp_path / 'd/videos')
    with pytest.raises(UserError, match=message):
        prepare_folder(tmp_path / 'd', **changes)


def test_no_videos(tmp_path: Path):
    with pytest.raises(
        UserError, match=r'which is not there\. Put them in .*d/videos/<class>/ and run this'
    ):
        prepare_folder(tmp_path / 'd')


def test_names_tell_the_groups(tmp_path: Path):
    """What leaks by its name is kept whole without being asked for, so that the lists are taken."""
    make(tmp_path / 'd/videos', clips=3)
    (tmp_path / 'd/videos/class0/other.mp4').touch()
    prepared = prepare_folder(tmp_path / 'd')
    assert prepared.notes == [
        'split at random by seed 0: 31 groups kept whole',
        '1 of 91 videos are in no group by their names: each is its own',
    ]
    write_dataset(tmp_path / 'd', prepared)
    assert {len(read_list(tmp_path / 'd' / f'{s}.txt')) for s in ('train', 'test')} == {27, 64}


def test_videos_without_labels_are_a_set_to_pretrain_on(tmp_path: Path):
    for name in ('one.mp4', 'two.avi', 'notes.txt', 'tuesday/three.mp4'):
        (tmp_path / 'flat' / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / 'flat' / name).touch()
    prepared = prepare_folder(tmp_path / 'd', tmp_path / 'flat')
    assert prepared.classes == ['unlabelled']
    assert prepared.lists == {
        'train.txt': [('one.mp4', 0), ('tuesday/three.mp4', 0), ('two.avi', 0)]
    }
    assert prepared.notes[0].endswith('left out: 1 .txt')
    lines = write_dataset(tmp_path / 'd', prepared)
    assert f'{tmp_path}/d: no labels' in lines
    make(tmp_path / 'days')
    asked = prepare_folder(tmp_path / 'd', tmp_path / 'days', unlabelled=True)
    assert len(asked.lists['train.txt']) == 60 and list(asked.lists) == ['train.txt']


def test_a_test_list_of_before_does_not_stay(tmp_path: Path):
    folder = tmp_path / 'd'
    make(folder / 'videos')
    write_dataset(folder, prepare_folder(folder))
    again = prepare_folder(folder, unlabelled=True)
    with pytest.raises(UserError, match=r'test\.txt is there and would be none.*--overwrite'):
        write_dataset(folder, again)
    write_dataset(folder, again, overwrite=True)
    assert not (folder / 'test.txt').exists()


def test_a_folder_around_all_others_is_passed_through(tmp_path: Path):
    make(tmp_path / 'd/Videos/unpacked')
    prepared = prepare_folder(tmp_path / 'd')
    assert prepared.videos == tmp_path / 'd/Videos/unpacked'
    assert prepared.classes == ['class0', 'class1', 'class2']


def test_classes_in_any_case_are_one(tmp_path: Path):
    for name in ('Walk/1.mp4', 'walk/2.mp4', 'run/3.mp4', 'run/4.mp4', 'WALK/5.mp4'):
        (tmp_path / 'd/videos' / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / 'd/videos' / name).touch()
    prepared = prepare_folder(tmp_path / 'd')
    assert prepared.classes == ['WALK', 'run']
    assert 'WALK and Walk and walk are one class' in prepared.notes
    labels = {video: label for entries in prepared.lists.values() for video, label in entries}
    assert [labels[f'{name}.mp4'] for name in ('Walk/1', 'walk/2', 'run/3', 'WALK/5')] == [
        0,
        0,
        1,
        0,
    ]


def test_real_clips_stay_in_their_groups(real_data: Path, tmp_path: Path):
    if not (real_data / 'tennis7').is_dir():
        pytest.skip('no tennis7')
    write_dataset(tmp_path / 'd', prepare_folder(tmp_path / 'd', real_data / 'tennis7', GROUP))
    train, test = (read_list(tmp_path / 'd' / f'{s}.txt', 7) for s in ('train', 'test'))
    assert len(train) + len(test) == 371
    assert not {group_of(s.path) for s in train} & {group_of(s.path) for s in test}
    assert all((tmp_path / 'd' / s.path).is_file() for s in train + test)


def test_a_class_whose_name_is_written_in_two_ways(tmp_path: Path):
    touch(tmp_path / 'videos', *(f'{c}/{n}.mp4' for c in ('\u00e9t\u00e9', 'run') for n in '1234'))
    touch(tmp_path / 'videos', *(f'e\u0301te\u0301/{n}.mp4' for n in '56'))
    assert prepare_folder(tmp_path).classes == ['e\u0301te\u0301', 'run']


def test_links_back_are_not_followed(tmp_path: Path):
    """A folder in itself, and two folders each in the other, would hold their videos without an end."""
    names = [f'{c}/{n}.mp4' for c in ('a', 'b') for n in '12']
    touch(tmp_path / 'videos', *names)
    touch(tmp_path / 'elsewhere', 'c/1.mp4', 'c/2.mp4')
    for link, to in {'a/self': '.', 'b/up': '..', 'a/all': tmp_path, 'c': '../elsewhere/c'}.items():
        (tmp_path / 'videos' / link).symlink_to(to)
    (tmp_path / 'elsewhere/c/b').symlink_to(tmp_path / 'videos/b')
    (tmp_path / 'videos/b/c').symlink_to(tmp_path / 'elsewhere/c')
    found = scan_videos(tmp_path / 'videos')
    assert {*names, 'c/1.mp4', 'c/2.mp4', 'b/c/1.mp4', 'c/b/1.mp4'} <= {*found}
    assert len(found) == 10 and not [each for each in found if each.count('/') > 2]
