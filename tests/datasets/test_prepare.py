"""What all data sets share: finding videos, matching them to lists, writing."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlfo_mm.datasets.annotation import check_files, read_classes, read_list
from mlfo_mm.datasets.prepare import (
    Prepared,
    locate_videos,
    match_videos,
    scan_videos,
    write_dataset,
)
from mlfo_mm.errors import UserError


def touch(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    return folder


def prepared(videos: Path, **lists: list[tuple[str, int]]) -> Prepared:
    return Prepared(videos, ['a', 'b'], {f'{n}.txt': e for n, e in lists.items()}, ['a note'])


def test_scan_videos_finds_videos_only(tmp_path: Path):
    touch(
        tmp_path, 'b/2.MP4', 'a/deep/1.avi', 'a/notes.txt', '.hidden/3.mp4', 'a/._1.avi', '0.webm'
    )
    assert scan_videos(tmp_path) == ['0.webm', 'a/deep/1.avi', 'b/2.MP4']
    assert scan_videos(tmp_path / 'none') == []


def test_locate_videos_in_order_of_candidates(tmp_path: Path):
    (tmp_path / 'videos').mkdir()
    touch(tmp_path / 'UCF-101', 'a/1.avi')
    found = locate_videos('ucf101', tmp_path, None, ('videos', 'UCF-101'))
    assert found == (tmp_path / 'UCF-101', ['a/1.avi'])
    with pytest.raises(UserError, match=r'no videos in .*elsewhere\. Download UCF101\.rar'):
        locate_videos('ucf101', tmp_path, tmp_path / 'elsewhere', ('UCF-101',))


def test_locate_videos_sees_archives_that_are_still_packed(tmp_path: Path):
    touch(tmp_path / 'videos', 'brush_hair.rar', 'cartwheel.rar')
    with pytest.raises(
        UserError, match=r'videos holds archives .*brush_hair\.rar, 2 in all.*unrar x'
    ):
        locate_videos('hmdb51', tmp_path, None, ('videos', '.'))


def test_match_videos_by_class_and_name_whatever_the_container():
    listed = {'train1.txt': [('A/x.avi', 0), ('B/x.avi', 1), ('B/z.avi', 1)]}
    videos = ['a/x.mp4', 'B/x.avi', 'B/x.mkv', 'B/z.mp4']
    matched, notes = match_videos(listed, videos, Path('v'), allow_missing=False)
    assert matched == {'train1.txt': [('a/x.mp4', 0), ('B/x.avi', 1), ('B/z.mp4', 1)]}
    assert notes == []


def test_match_videos_missing():
    listed = {'train1.txt': [('A/x.avi', 0), ('A/y.avi', 0)], 'test1.txt': [('A/w.avi', 0)]}
    with pytest.raises(UserError, match=r'train1\.txt: 1 of 2 .* the first is A/y\.avi'):
        match_videos(listed, ['A/x.avi', 'A/w.avi'], Path('v'), allow_missing=False)
    matched, notes = match_videos(listed, ['A/x.avi', 'A/w.avi'], Path('v'), allow_missing=True)
    assert matched == {'train1.txt': [('A/x.avi', 0)], 'test1.txt': [('A/w.avi', 0)]}
    assert len(notes) == 1
    assert 'left out' in notes[0]
    with pytest.raises(UserError, match=r'test1\.txt: 1 of 1'):
        match_videos(listed, ['A/x.avi'], Path('v'), allow_missing=True)


@pytest.mark.parametrize(('below', 'prefix'), [('UCF-101', 'UCF-101/'), ('', '')])
def test_write_dataset_with_videos_inside(below: str, prefix: str, tmp_path: Path):
    videos = touch(tmp_path / 'd' / below, 'a/1.avi', 'b/2.avi', 'b/3.avi')
    lists = {'train1': [('a/1.avi', 0), ('b/3.avi', 1)], 'test1': [('b/2.avi', 1)]}
    lines = write_dataset(tmp_path / 'd', prepared(videos, **lists))
    assert (tmp_path / 'd/train1.txt').read_text() == f'{prefix}a/1.avi 0\n{prefix}b/3.avi 1\n'
    for subset in ('train', 'test'):
        first, same = (tmp_path / 'd' / f'{subset}{n}.txt' for n in ('1', ''))
        assert first.read_bytes() == same.read_bytes()
        check_files(read_list(same, 2), tmp_path / 'd')
    assert read_classes(tmp_path / 'd') == ['a', 'b']
    assert lines[0] == 'a note'
    assert lines[-1].endswith('train1.txt: 2 videos')
    assert not (tmp_path / 'd/videos').exists()


def test_write_dataset_links_videos_that_lie_elsewhere(tmp_path: Path):
    videos = touch(tmp_path / 'disk', 'a/1.avi', 'b/2.avi')
    data = prepared(videos, train=[('a/1.avi', 0)], test=[('b/2.avi', 1)])
    folder = tmp_path / 'root/d'
    write_dataset(folder, data)
    write_dataset(folder, data)  # once more changes nothing
    assert (folder / 'train.txt').read_text() == 'videos/a/1.avi 0\n'
    check_files(read_list(folder / 'test.txt'), folder)
    moved = touch(tmp_path / 'disk2', 'a/1.avi', 'b/2.avi')
    with pytest.raises(UserError, match='replace it by --overwrite'):
        write_dataset(folder, data._replace(videos=moved))
    write_dataset(folder, data._replace(videos=moved), overwrite=True)
    assert (folder / 'videos').resolve() == moved.resolve()


def test_write_dataset_never_replaces_a_real_videos_folder(tmp_path: Path):
    videos = touch(tmp_path / 'disk', 'a/1.avi', 'b/2.avi')
    touch(tmp_path / 'd/videos', 'a/other.avi')
    data = prepared(videos, train=[('a/1.avi', 0)], test=[('b/2.avi', 1)])
    with pytest.raises(UserError, match='move it away'):
        write_dataset(tmp_path / 'd', data, overwrite=True)
    assert (tmp_path / 'd/videos/a/other.avi').is_file()


def test_write_dataset_where_no_link_can_be_made(tmp_path: Path):
    videos = touch(tmp_path / 'disk', 'a/1.avi', 'b/2.avi')
    data = prepared(videos, train=[('a/1.avi', 0)], test=[('b/2.avi', 1)])
    (tmp_path / 'file').touch()
    with pytest.raises(
        UserError,
        match=r'cannot link .*file/d/videos to .*disk \(Not a directory\); put the videos there',
    ):
        write_dataset(tmp_path / 'file/d', data)


def test_write_dataset_within_the_videos(tmp_path: Path):
    touch(tmp_path, 'a/1.avi', 'b/2.avi')
    data = prepared(tmp_path, train=[('a/1.avi', 0)], test=[('b/2.avi', 1)])
    with pytest.raises(UserError, match='lies within the videos'):
        write_dataset(tmp_path / 'd', data)


def test_write_dataset_keeps_lists_that_differ(tmp_path: Path):
    touch(tmp_path, 'a/1.avi', 'b/2.avi', 'train.txt')
    (tmp_path / 'train.txt').write_text('a/1.avi 1\n')
    data = prepared(tmp_path, train=[('a/1.avi', 0)], test=[('b/2.avi', 1)])
    with pytest.raises(UserError, match=r'train\.txt is there and differs'):
        write_dataset(tmp_path, data)
    assert not (tmp_path / 'classes.txt').exists()
    write_dataset(tmp_path, data, overwrite=True)
    assert (tmp_path / 'train.txt').read_text() == 'a/1.avi 0\n'


@pytest.mark.parametrize(
    ('lists', 'message'),
    [
        ({'train2': [('a/1.avi', 0)], 'test2': [('a/1.avi', 0)]}, 'is in the training list too'),
        ({'train': [('a/1.avi', 0)], 'test': []}, r'test\.txt would be empty'),
        ({'train': [('a/1\n.avi', 0)], 'test': [('b/2.avi', 1)]}, 'line breaks would be lost'),
        ({'train': [('a/\udcff.avi', 0)], 'test': [('b/2.avi', 1)]}, 'is not UTF-8'),
    ],
)
def test_write_dataset_writes_nothing_that_is_wrong(lists: dict, message: str, tmp_path: Path):
    with pytest.raises(UserError, match=message):
        write_dataset(tmp_path, prepared(tmp_path, **lists))
    assert not list(tmp_path.iterdir())
