"""Test videos in training lists are found by path, by group and by content."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

import av
import pytest
from av.stream import Disposition

from mlfo_mm.datasets import leakage, shown
from mlfo_mm.datasets.annotation import Sample
from mlfo_mm.datasets.content import GONE
from mlfo_mm.datasets.leakage import check_leakage, compare_lists, group_of
from mlfo_mm.errors import UserError
from tests.corpus import draw


@pytest.fixture
def write(tmp_path):
    """``write('set/train.txt', 'a.avi', ...)``: a list, and its videos, each with its name in it."""

    def write(name: str, *videos: str, content: str | None = None) -> Path:
        path = tmp_path / name
        for video in videos:
            file = path.parent / video
            file.parent.mkdir(parents=True, exist_ok=True)
            if not file.exists():
                file.write_text(content or f'{path.parent.name} {video}')
        path.write_text(''.join(f'{video} 0\n' for video in videos))
        return path

    return write


def test_lists_that_share_nothing(write):
    test = write('ucf/test.txt', 'Jump/v_Jump_g01_c01.avi', 'Jump/v_Jump_g02_c01.avi')
    train = write('ucf/train.txt', 'Jump/v_Jump_g08_c01.avi', 'Run/v_Run_g01_c01.avi')
    other = write('k400/train.txt', 'jump/abcdefghijk_000001_000011.mp4')
    found = compare_lists(test, dict(training=train, pretraining=other))
    assert found['compared'] == ['path', 'file', 'group', 'content', 'frames']
    assert {role: facts['file'] for role, facts in found['lists'].items()} == dict(
        test='ucf/test.txt', training='ucf/train.txt', pretraining='k400/train.txt'
    )
    assert [facts['videos'] for facts in found['lists'].values()] == [2, 2, 1]
    assert len({facts['sha256'] for facts in found['lists'].values()}) == 3
    write('k400/train.txt', 'jump/abcdefghijk_000001_000012.mp4')
    again = compare_lists(test, dict(training=train, pretraining=other))
    assert again['lists']['training'] == found['lists']['training']
    assert again['lists']['pretraining'] != found['lists']['pretraining']


def test_the_same_file_by_other_paths(write, tmp_path):
    test = write('one/test.txt', 'videos/a.avi', 'videos/b.avi')
    (tmp_path / 'two').mkdir()
    (tmp_path / 'two/linked').symlink_to(tmp_path / 'one/videos')
    for video in ('linked/b.avi', '../one/videos/./b.avi', str(tmp_path / 'one/videos/b.avi')):
        train = write('two/train.txt', 'linked/../other.avi', video)
        with pytest.raises(UserError, match=r'videos/b\.avi \(line 2\) is in the pretraining list'):
            compare_lists(test, dict(pretraining=train))


def test_check_leakage_sees_through_paths(tmp_path):
    train = [Sample('a/x.mp4', 0, 1), Sample('../other/y.mp4', 0, 7)]
    check_leakage(train, [Sample('b/x.mp4', 0, 1)], tmp_path)
    for path, line in (('b/../a/x.mp4', 1), (f'../{tmp_path.name}/../other/y.mp4', 7)):
        with pytest.raises(UserError, match=rf'{re.escape(path)} \(line 3\).*line {line}\)'):
            check_leakage(train, [Sample(path, 0, 3)], tmp_path)


def test_another_clip_of_a_group(write):
    test = write('ucf/test.txt', 'Jump/v_Jump_g01_c01.avi', 'Jump/v_Jump_G07_c01.avi')
    train = write('ucf/train.txt', 'Jump/v_Jump_g08_c02.avi', 'Jump/v_Jump_g07_c02.avi')
    said = r'v_Jump_G07_c01\.avi \(line 2\) is of group v_jump_g07 .*training list .*g07_c02\.avi, line 2'
    with pytest.raises(UserError, match=said) as caught:
        compare_lists(test, dict(training=train))
    assert '\n' not in str(caught.value) and str(test) in str(caught.value)
    # the same numbers in another data set are other sources
    other = write('mine/train.txt', 'Jump/v_Jump_g07_c02.avi')
    assert compare_lists(test, dict(pretraining=other))['compared']


def test_another_clip_of_a_youtube_video_in_any_data_set(write):
    test = write('k400/test.txt', 'jump/abc-efg_ijk_000100_000110.mp4')
    train = write('own/train.txt', 'x/abc-efg_ijk_000001_000011.mkv')
    with pytest.raises(UserError, match='is of YouTube video abc-efg_ijk, and so is'):
        compare_lists(test, dict(pretraining=train))


def test_names_without_a_group():
    for name in ('a.avi', 'v_Jump_g07.avi', 'brush_hair_goo_0.avi', 'abc_000001_000011.mp4'):
        assert group_of('x', f'c/{name}') is None


def test_the_same_content(write, monkeypatch):
    test = write('one/test.txt', 'a.avi', 'b.avi')
    copy = write('two/train.txt', 'c.avi', 'd.avi', content='one b.avi')
    monkeypatch.setattr(leakage, 'SMALL', 3)  # contents are compared in large sets too
    with pytest.raises(
        UserError, match=r'b\.avi \(line 2\) has the very content .*[cd]\.avi, line'
    ):
        compare_lists(test, dict(pretraining=copy))
    for file in copy.parent.glob('*.avi'):
        file.write_text('another')
    found = compare_lists(test, dict(pretraining=copy))
    assert found['compared'] == ['path', 'file', 'group', 'content']


@pytest.mark.parametrize('link', ['symlink_to', 'hardlink_to'])
def test_a_link_to_a_file_is_that_file_in_sets_of_any_size(link, write, monkeypatch):
    test = write('one/test.txt', 'a.avi', 'b.avi')
    train = write('two/train.txt', 'c.avi', 'd.avi')
    (train.parent / 'd.avi').unlink()
    getattr(train.parent / 'd.avi', link)(test.parent / 'b.avi')
    monkeypatch.setattr(leakage, 'SMALL', 0)
    said = r'b\.avi \(line 2\) is a file of the pretraining list too \(d\.avi, line 2\)'
    with pytest.raises(UserError, match=said):
        compare_lists(test, dict(pretraining=train))


def test_only_files_of_one_size_are_read(write, monkeypatch):
    test = write('one/test.txt', 'a.avi', 'b.avi', 'long name.avi')
    train = write('two/train.txt', 'missing.avi', 'c.avi')
    (train.parent / 'missing.avi').unlink()
    read = []
    monkeypatch.setattr(leakage, 'hash_video', lambda path: read.append(Path(path).name) or path)
    compare_lists(test, dict(training=train))
    assert sorted(read) == ['a.avi', 'b.avi', 'c.avi']


def encode(
    path: Path,
    codec: str = 'libx264',
    frames: int = 30,
    first: int = 0,
    shown: list[int] | None = None,
    options: dict[str, str] | None = None,
) -> None:
    """A video of the pictures ``first``, ``first`` + 1, ..., or of those that are ``shown``."""
    path.parent.mkdir(exist_ok=True)
    with av.open(str(path), 'w') as container:
        stream = container.add_stream(codec, rate=25, options=options or {})
        stream.width, stream.height, stream.pix_fmt = 64, 48, 'yuv420p'
        for index in shown or range(first, first + frames):
            frame = av.VideoFrame.from_ndarray(draw(index, (64, 48)), format='rgb24')
            container.mux(stream.encode(frame))
        container.mux(stream.encode())


def remux(source: Path, target: Path, packets: int = 10**6, **metadata: str) -> None:
    """``ffmpeg -i source -c copy target``, of so many packets."""
    with av.open(str(source)) as old, av.open(str(target), 'w') as new:
        stream = old.streams.video[0]
        copied = new.add_stream_from_template(stream)
        new.metadata.update(metadata)
        for packet in itertools.islice(old.demux(stream), packets):
            if packet.dts is not None:
                packet.stream = copied
                new.mux(packet)


@pytest.fixture
def clips(tmp_path):
    """A test list of two moving videos, and a pretraining list of one other."""
    for name, codec, first in (('one/a.mp4', 'libx264', 0), ('one/b.avi', 'mpeg4', 3)):
        encode(tmp_path / name, codec, 30, options={'bf': '0'}, first=first)
    encode(tmp_path / 'two/x.mp4', frames=20, first=7)
    (tmp_path / 'one/test.txt').write_text('a.mp4 0\nb.avi 0\n')
    (tmp_path / 'two/train.txt').write_text('x.mp4 0\ncopy 0\n')
    return tmp_path


@pytest.mark.parametrize(
    ('name', 'copy', 'how'),
    [
        ('a.mp4', 'c.mkv', {}),
        ('a.mp4', 'c.ts', {}),
        ('a.mp4', 'c.mov', dict(title='another')),
        ('b.avi', 'c.mp4', {}),
        ('a.mp4', 'c.mp4', dict(packets=24)),  # cut at the end
    ],
)
def test_a_copy_in_another_container(name, copy, how, clips):
    test, train = clips / 'one/test.txt', clips / 'two/train.txt'
    remux(clips / 'one' / name, clips / 'two' / copy, **how)
    train.write_text(f'x.mp4 0\n{copy} 0\n')
    said = rf'{name} \(line \d\) shows the frames of a video of the pretraining list .*line 2'
    with pytest.raises(UserError, match=said):
        compare_lists(test, dict(pretraining=train))


def test_a_still_beginning_is_no_copy(clips):
    """Many videos fade in from black."""
    for name, moving in (('one/a.mp4', 2), ('two/x.mp4', 3)):
        times = [0] * 20 + [moving * step for step in range(10)]
        encode(clips / name, 'mpeg4', shown=times, options={'q': '1'})
    (clips / 'two/train.txt').write_text('x.mp4 0\n')
    assert shown.beginning(str(clips / 'one/a.mp4')) == shown.beginning(str(clips / 'two/x.mp4'))
    compare_lists(clips / 'one/test.txt', dict(pretraining=clips / 'two/train.txt'))
    encode(clips / 'two/x.mp4', 'mpeg4', shown=[0] * 18, options={'q': '1'})  # and only still
    compare_lists(clips / 'one/test.txt', dict(pretraining=clips / 'two/train.txt'))


def with_cover(source: Path, target: Path) -> None:
    """The same with a picture before it, as music shops and phones store it."""
    with av.open(str(source)) as old, av.open(str(target), 'w') as new:
        cover = new.add_stream('mjpeg', rate=25)
        cover.width, cover.height, cover.pix_fmt = 64, 48, 'yuvj420p'
        cover.disposition = Disposition.attached_pic
        copied = new.add_stream_from_template(old.streams.video[0])
        picture = av.VideoFrame.from_ndarray(draw(9, (64, 48)), format='rgb24')
        new.mux(cover.encode(picture))
        new.mux(cover.encode())
        for packet in old.demux(video=0):
            if packet.dts is not None:
                packet.stream = copied
                new.mux(packet)


def test_the_frames_that_count_are_those_that_are_trained_on(clips):
    """Titles in any encoding, names like addresses, covers: one way to open a video, see mlfo_mm.video."""
    test, train = clips / 'one/test.txt', clips / 'two/train.txt'
    remux(clips / 'one/b.avi', clips / 'two/latin.avi', title='Cafe!')
    latin = (clips / 'two/latin.avi').read_bytes().replace(b'Cafe!', b'Caf\xe9!')
    (clips / 'two/latin.avi').write_bytes(latin)
    with_cover(clips / 'one/b.avi', clips / 'two/covered.mp4')
    (clips / 'two/large.avi').write_bytes((clips / 'one/b.avi').read_bytes() + b'JUNK\0\0\0\0')
    for name in ('latin.avi', 'covered.mp4', 'large.avi'):
        train.write_text(f'{name} 0\n')
        with pytest.raises(UserError, match='shows the frames of a video'):
            compare_lists(test, dict(pretraining=train))
    with_cover(clips / 'one/a.mp4', clips / 'one/c.mp4')
    with_cover(clips / 'two/x.mp4', clips / 'two/y.mp4')  # another video with the same cover
    test.write_text('c.mp4 0\n')
    train.write_text('y.mp4 0\n')
    compare_lists(test, dict(pretraining=train))


def test_long_videos_are_compared_within_bounds(clips, monkeypatch):
    monkeypatch.setattr(shown, 'LONG', 4)
    decoded = []
    real = shown.decode_in_order
    monkeypatch.setattr(
        shown, 'decode_in_order', lambda path: map(lambda f: decoded.append(path) or f, real(path))
    )
    path = str(clips / 'one/a.mp4')
    assert shown.same(path, path) and len(decoded) == 10

    def late(path):
        raise TimeoutError('not decoded')

    monkeypatch.setattr(shown, 'pictures', late)
    assert shown.beginning(path) == GONE  # to be asked again


def test_work_grows_with_the_lists_and_not_with_their_product(monkeypatch):
    """Counted, not timed: each name is looked at once, each folder resolved once."""
    calls = []
    real = leakage.os.path.realpath
    monkeypatch.setattr(leakage, 'group_of', lambda *given: calls.append(given))
    monkeypatch.setattr(leakage.os.path, 'realpath', lambda path: calls.append(path) or real(path))
    counts = []
    for size in (100, 1000):
        calls.clear()
        lists = [[Sample(f'{n}/{i}.avi', 0, i) for i in range(size)] for n in 'ab']
        check_leakage(*lists, Path('x'))
        counts.append(len(calls))
    assert counts == [2 * 100 + 3, 2 * 1000 + 3]
