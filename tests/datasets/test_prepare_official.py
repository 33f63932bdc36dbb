"""The official layouts of UCF101, HMDB51 and Kinetics-400, in small."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlfo_mm.datasets import prepare_official
from mlfo_mm.datasets.prepare import write_dataset
from mlfo_mm.datasets.prepare_official import prepare_hmdb51, prepare_kinetics400, prepare_ucf101
from mlfo_mm.errors import UserError


def write(folder: Path, **files: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name).write_text(text)


def touch(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()


def texts(folder: Path, *names: str) -> list[str]:
    return [(folder / f'{name}.txt').read_text() for name in names]


def test_official_counts():
    assert prepare_official.SIZES['ucf101'] == {
        1: (9537, 3783),
        2: (9586, 3734),
        3: (9624, 3696),
    }
    assert all(sum(c) == 13320 for c in prepare_official.SIZES['ucf101'].values())
    assert prepare_official.SIZES['hmdb51'] == dict.fromkeys((1, 2, 3), (3570, 1530))
    assert prepare_official.NUM_CLASSES == {'ucf101': 101, 'hmdb51': 51, 'kinetics400': 400}


@pytest.fixture
def ucf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setitem(prepare_official.NUM_CLASSES, 'ucf101', 2)
    monkeypatch.setitem(prepare_official.SIZES, 'ucf101', {1: (2, 1), 2: (1, 2), 3: (2, 1)})
    folder = tmp_path / 'ucf101'
    touch(folder / 'UCF-101', 'YoYo/v_YoYo_g01_c01.avi', 'YoYo/v_YoYo_g02_c01.avi')
    touch(folder / 'UCF-101', 'HandstandPushups/v_HandStandPushups_g01_c01.avi')
    write(
        folder / 'ucfTrainTestlist',
        **{
            'classInd.txt': '1 YoYo\r\n2 HandstandPushups\r\n',
            'trainlist01.txt': 'YoYo/v_YoYo_g02_c01.avi 1\r\n'
            'HandstandPushups/v_HandStandPushups_g01_c01.avi 2\r\n',
            'testlist01.txt': 'YoYo/v_YoYo_g01_c01.avi\r\n',
            'trainlist02.txt': 'YoYo/v_YoYo_g01_c01.avi 1\n',
            'testlist02.txt': 'YoYo/v_YoYo_g02_c01.avi\n'
            'HandstandPushups/v_HandStandPushups_g01_c01.avi\n',
            'trainlist03.txt': 'YoYo/v_YoYo_g01_c01.avi 1\nYoYo/v_YoYo_g02_c01.avi 1\n',
            'testlist03.txt': 'HandstandPushups/v_HandStandPushups_g01_c01.avi\n',
        },
    )
    return folder


def test_ucf101(ucf: Path):
    write_dataset(ucf, prepare_ucf101(ucf))
    push = 'UCF-101/HandstandPushups/v_HandStandPushups_g01_c01.avi 1\n'
    yoyo = [f'UCF-101/YoYo/v_YoYo_g0{i}_c01.avi 0\n' for i in (1, 2)]
    assert texts(ucf, 'classes', 'train1', 'test1', 'train', 'test') == [
        'YoYo\nHandstandPushups\n',
        yoyo[1] + push,
        yoyo[0],
        yoyo[1] + push,
        yoyo[0],
    ]
    assert texts(ucf, 'train2', 'test2') == [yoyo[0], yoyo[1] + push]
    assert texts(ucf, 'train3', 'test3') == [yoyo[0] + yoyo[1], push]


def test_ucf101_from_other_folders(ucf: Path, tmp_path: Path):
    (ucf / 'UCF-101').rename(tmp_path / 'disk')
    (ucf / 'ucfTrainTestlist').rename(tmp_path / 'lists')
    other = tmp_path / 'root' / 'ucf101'
    write_dataset(other, prepare_ucf101(other, tmp_path / 'disk', tmp_path / 'lists'))
    assert texts(other, 'test1') == ['videos/YoYo/v_YoYo_g01_c01.avi 0\n']
    assert (other / 'videos/YoYo/v_YoYo_g01_c01.avi').is_file()


def test_ucf101_missing_video(ucf: Path):
    (ucf / 'UCF-101/YoYo/v_YoYo_g02_c01.avi').unlink()
    with pytest.raises(
        UserError, match=r'train1\.txt: 1 of 2 .*v_YoYo_g02_c01\.avi.*--allow-missing'
    ):
        prepare_ucf101(ucf)
    prepared = prepare_ucf101(ucf, allow_missing=True)
    assert [len(entries) for entries in prepared.lists.values()] == [1, 1, 1, 1, 1, 1]
    assert len(prepared.notes) == 3


def test_ucf101_without_lists_or_videos(ucf: Path, tmp_path: Path):
    (ucf / 'ucfTrainTestlist').rename(tmp_path / 'lists')
    with pytest.raises(
        UserError, match=r'no official lists .*ucfTrainTestlist.*Download UCF101\.rar'
    ):
        prepare_ucf101(ucf)
    with pytest.raises(UserError, match=r'Download UCF101\.rar .*unrar x UCF101\.rar.*then run'):
        prepare_ucf101(tmp_path / 'empty')


@pytest.mark.parametrize(
    ('file', 'text', 'message'),
    [
        ('trainlist01.txt', 'YoYo/v_YoYo_g02_c01.avi 1\n', 'split 1 lists 1 train videos, .* 2'),
        ('testlist03.txt', '\n', 'split 3 lists 0 test videos'),
        ('trainlist02.txt', 'YoYo/v_YoYo_g01_c01.avi 2\n', r'trainlist02\.txt:1: label 2 beside'),
        (
            'testlist02.txt',
            'YoYo/x.avi\nYoyo/y.avi\n',
            r"testlist02\.txt:2: 'Yoyo/y\.avi' names no",
        ),
        ('classInd.txt', '1 YoYo\n3 HandstandPushups\n', r'classInd\.txt:2: expected "2 <class>"'),
        ('classInd.txt', '0 YoYo\n', r'classInd\.txt:1: expected "1 <class>"'),
        ('classInd.txt', '1 YoYo\n2 HandstandPushups\n3 X\n', '3 classes, ucf101 has 2'),
    ],
)
def test_ucf101_changed_lists(file: str, text: str, message: str, ucf: Path):
    (ucf / 'ucfTrainTestlist' / file).write_text(text)
    with pytest.raises(UserError, match=message):
        prepare_ucf101(ucf)


def test_ucf101_lacks_a_split(ucf: Path):
    (ucf / 'ucfTrainTestlist/testlist03.txt').unlink()
    with pytest.raises(UserError, match=r'cannot read .*testlist03\.txt'):
        prepare_ucf101(ucf)


@pytest.fixture
def hmdb(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setitem(prepare_official.NUM_CLASSES, 'hmdb51', 2)
    monkeypatch.setitem(prepare_official.SIZES, 'hmdb51', dict.fromkeys((1, 2, 3), (2, 1)))
    folder = tmp_path / 'hmdb51'
    odd = 'a#b&(c)!_kick_ball_1.avi'
    touch(folder / 'videos', 'kick_ball/' + odd, 'brush_hair/same.avi', 'kick_ball/same.avi')
    touch(folder / 'videos', 'brush_hair/unused.avi')
    lists = folder / 'testTrainMulti_7030_splits'
    for split, (x, y, z) in {1: (1, 1, 2), 2: (2, 1, 1), 3: (1, 2, 1)}.items():
        write(
            lists,
            **{
                f'brush_hair_test_split{split}.txt': f'same.avi {x} \nunused.avi 0 \n',
                f'kick_ball_test_split{split}.txt': f'{odd} {y} \nsame.avi {z} \n',
            },
        )
    return folder


def test_hmdb51(hmdb: Path):
    write_dataset(hmdb, prepare_hmdb51(hmdb))
    brush, odd, same = (
        'videos/brush_hair/same.avi 0\n',
        'videos/kick_ball/a#b&(c)!_kick_ball_1.avi 1\n',
        'videos/kick_ball/same.avi 1\n',
    )
    assert texts(hmdb, 'classes', 'train1', 'test1') == [
        'brush_hair\nkick_ball\n',
        brush + odd,
        same,
    ]
    assert texts(hmdb, 'train2', 'test2') == [odd + same, brush]
    assert texts(hmdb, 'train3', 'test3') == [brush + same, odd]
    assert texts(hmdb, 'train', 'test') == [brush + odd, same]


def test_hmdb51_classes_unpacked_beside_the_lists(hmdb: Path):
    for folder in list((hmdb / 'videos').iterdir()):
        folder.rename(hmdb / folder.name)
    (hmdb / 'videos').rmdir()
    write_dataset(hmdb, prepare_hmdb51(hmdb))
    assert texts(hmdb, 'test1') == ['kick_ball/same.avi 1\n']


@pytest.mark.parametrize(
    ('text', 'message'),
    [
        ('same.avi 3\n', r'kick_ball_test_split1\.txt:1: expected "name\.avi 0\|1\|2"'),
        ('same.avi\n', r'kick_ball_test_split1\.txt:1: expected'),
        ('same.avi 2\n', 'split 1 lists 1 train videos, the official one 2'),
    ],
)
def test_hmdb51_changed_lists(text: str, message: str, hmdb: Path):
    (hmdb / 'testTrainMulti_7030_splits/kick_ball_test_split1.txt').write_text(text)
    with pytest.raises(UserError, match=message):
        prepare_hmdb51(hmdb)


def test_hmdb51_lacks_a_class(hmdb: Path):
    (hmdb / 'testTrainMulti_7030_splits/kick_ball_test_split1.txt').unlink()
    with pytest.raises(UserError, match='1 classes, hmdb51 has 2'):
        prepare_hmdb51(hmdb)


HEADER = 'label,youtube_id,time_start,time_end,split\n'


@pytest.fixture
def kinetics(tmp_path: Path) -> Path:
    folder = tmp_path / 'kinetics400'
    touch(folder / 'videos/train', 'yoga/aaaaaaaaaaa_000001_000011.mp4', 'abseiling/b.mp4')
    touch(folder / 'videos/val', 'yoga/-_ccccccccc_000100_000110.mp4')
    return folder


def test_kinetics400_from_folders(kinetics: Path):
    lines = write_dataset(kinetics, prepare_kinetics400(kinetics))
    assert texts(kinetics, 'classes', 'train', 'test') == [
        'abseiling\nyoga\n',
        'videos/train/abseiling/b.mp4 0\nvideos/train/yoga/aaaaaaaaaaa_000001_000011.mp4 1\n',
        'videos/val/yoga/-_ccccccccc_000100_000110.mp4 1\n',
    ]
    assert any('no video of abseiling in test.txt' in line for line in lines)
    assert any('2 classes; the whole of Kinetics-400 has 400' in line for line in lines)
    assert f'{kinetics}/train.txt: 2 videos' in lines


@pytest.mark.parametrize('names', [('train.csv', 'val.csv'), ('k400_train.csv', 'validate.csv')])
def test_kinetics400_from_csv_counts_what_is_there(names: tuple[str, str], kinetics: Path):
    train = HEADER + (
        'yoga,aaaaaaaaaaa,1,11,train\n'
        '"archery, field",gone_gone__,3.0,13.0,train\n'
        'yoga,aaaaaaaaaaa,1,11,train\n'
    )
    write(
        kinetics / 'annotations',
        **{names[0]: train, names[1]: HEADER + 'yoga,-_ccccccccc,100,110,val\n'},
    )
    lines = write_dataset(kinetics, prepare_kinetics400(kinetics))
    assert texts(kinetics, 'classes', 'train', 'test') == [
        'archery, field\nyoga\n',
        'videos/train/yoga/aaaaaaaaaaa_000001_000011.mp4 1\n',
        'videos/val/yoga/-_ccccccccc_000100_000110.mp4 1\n',
    ]
    assert any(line.startswith('train.txt: 1 of the 2 videos of') for line in lines)


@pytest.mark.parametrize(
    ('train', 'val', 'message'),
    [
        ('label,id\n', HEADER, r"train\.csv: no column 'youtube_id'"),
        (HEADER + 'yoga,a,1,x,train\n', HEADER, r'train\.csv:2: expected label'),
        (HEADER + 'yoga,a,1\n', HEADER, r'train\.csv:2: expected label'),
        (HEADER, HEADER, r'train\.csv: the list is empty'),
        (
            HEADER + 'yoga,gone,1,2,train\n',
            HEADER + 'yoga,a,1,2,val\n',
            r'none of the 1 .*gone_000001',
        ),
        (
            HEADER + 'yoga,aaaaaaaaaaa,1,11,train\n',
            HEADER + 'polo,a,1,2,val\n',
            r"val\.csv: class 'polo'",
        ),
    ],
)
def test_kinetics400_csv_errors(train: str, val: str, message: str, kinetics: Path):
    write(kinetics, **{'train.csv': train, 'val.csv': val})
    with pytest.raises(UserError, match=message):
        prepare_kinetics400(kinetics)


def test_kinetics400_needs_one_list_of_each(kinetics: Path):
    with pytest.raises(UserError, match=r'no train\.csv and val\.csv in'):
        prepare_kinetics400(kinetics, splits=kinetics / 'videos')
    write(kinetics, **{'train.csv': HEADER, 'old_train.csv': HEADER})
    with pytest.raises(UserError, match=r'several train lists \(old_train\.csv, train\.csv\)'):
        prepare_kinetics400(kinetics)


def test_kinetics400_layout_that_is_neither(tmp_path: Path):
    touch(tmp_path / 'videos', 'yoga/x.mp4')
    with pytest.raises(UserError, match='neither train/<class>/ and val/<class>/ folders nor CSV'):
        prepare_kinetics400(tmp_path)
