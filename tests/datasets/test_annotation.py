"""Finding data sets and reading their lists."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlfo_mm import roots
from mlfo_mm.datasets.annotation import (
    Sample,
    check_files,
    data_roots,
    find_dataset,
    list_file,
    list_names,
    read_classes,
    read_list,
)
from mlfo_mm.datasets.leakage import compare_lists
from mlfo_mm.errors import UserError

REPO = Path(__file__).resolve().parents[2]


def make(folder: Path, classes: str = 'a\nb\n', **lists: str) -> Path:
    folder.mkdir(parents=True)
    (folder / 'classes.txt').write_text(classes)
    for name, text in (lists or {'train': 'a/1.mp4 0\n', 'test': 'b/2.mp4 1\n'}).items():
        (folder / f'{name}.txt').write_text(text)
    return folder


@pytest.fixture
def listed(tmp_path: Path):
    def write(content: str | bytes) -> Path:
        path = tmp_path / 'train.txt'
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


def test_data_roots_come_from_the_environment_then_data(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(roots, 'DEFAULT', Path('data'))  # a fixture hides the user's
    assert data_roots() == [Path('data')]
    monkeypatch.setenv('MLFO_DATA_ROOT', os.pathsep.join(['/x', '', '/y z']))
    assert data_roots() == [Path('/x'), Path('/y z'), Path('data')]


def test_find_dataset_takes_the_first_root_that_has_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    make(tmp_path / 'one' / 'only')
    second = make(tmp_path / 'two' / 'mine')
    (tmp_path / 'one' / 'mine').mkdir()  # no lists in it
    monkeypatch.setenv('MLFO_DATA_ROOT', f'{tmp_path / "one"}{os.pathsep}{tmp_path / "two"}')
    assert find_dataset('mine') == second
    with pytest.raises(UserError):
        find_dataset('only', tmp_path / 'two')
    (tmp_path / 'file').write_text('')
    monkeypatch.setenv('MLFO_DATA_ROOT', str(tmp_path / 'file'))
    with pytest.raises(UserError, match=rf"no data set 'mine' in {tmp_path}/file \(no folder\), "):
        find_dataset('mine')


@pytest.mark.parametrize('name', ['ucf101', 'hmdb51', 'kinetics400'])
def test_find_dataset_says_what_to_download_where_and_what_next(name: str, tmp_path: Path):
    archive = {'ucf101': 'UCF101.rar', 'hmdb51': 'hmdb51_org.rar', 'kinetics400': 'train.csv'}[name]
    with pytest.raises(UserError) as error:
        find_dataset(name, tmp_path)
    message = str(error.value)
    assert f'Download {archive}' in message or archive in message.split(';')[0]
    assert f'{tmp_path}/{name}/videos' in message or f'{tmp_path}/{name}/UCF-101' in message
    assert f'tools/data/prepare_dataset.py {name} --data-root {tmp_path}' in message
    assert '{' not in message
    tool = re.search(r'python (\S+\.py)', message)
    assert tool is not None
    assert (REPO / tool.group(1)).is_file()


def test_find_dataset_names_a_folder_without_lists(tmp_path: Path):
    (tmp_path / 'ucf101').mkdir()
    with pytest.raises(UserError, match=r'ucf101 is there, but without classes\.txt'):
        find_dataset('ucf101', tmp_path)


def test_find_dataset_of_an_embedded_name_says_how_to_make_it(tmp_path: Path):
    with pytest.raises(UserError, match=r'python tools/data/make_digits\.py'):
        find_dataset('digits_motion', tmp_path)


def test_names_near_an_embedded_one_and_names_of_old(tmp_path: Path):
    with pytest.raises(UserError, match=r"'digit_motion' in .* \(did you mean 'digits_motion'\?\)"):
        find_dataset('digit_motion', tmp_path)
    with pytest.raises(
        UserError, match=r"\(did you mean 'ucf101'\?\), where is .*Download"
    ) as said:
        find_dataset('ucf-101', tmp_path)
    assert 'found there' not in str(said.value) and 'of your own' not in str(said.value)
    make(tmp_path / 'digits_class')
    with pytest.raises(
        UserError, match=r"'synthetic_motion' in .*; found there: digits_class"
    ) as error:
        find_dataset('synthetic_motion', tmp_path)
    assert '\n' not in str(error.value)


def test_find_dataset_lists_what_is_there_and_guesses(tmp_path: Path):
    make(tmp_path / 'tennis7')
    make(tmp_path / 'arid6')
    with pytest.raises(UserError) as error:
        find_dataset('teniss7', tmp_path)
    assert str(error.value).endswith("(did you mean 'tennis7'?)")
    with pytest.raises(UserError) as error:
        find_dataset('mine', tmp_path)
    assert 'arid6, tennis7' in str(error.value)
    assert 'prepare_dataset.py folder --name mine' in str(error.value)


@pytest.mark.parametrize('name', ['', '.', '..', '../'])
def test_find_dataset_refuses_what_is_no_name(name: str, tmp_path: Path):
    make(tmp_path / 'roots' / 'x')
    with pytest.raises(UserError, match='not the name'):
        find_dataset(name, tmp_path / 'roots')


def test_list_file_of_each_split(tmp_path: Path):
    folder = make(tmp_path / 'd', train1='a 0', train2='a 0', test='a 0')
    assert list_file(folder, 'train').name == 'train1.txt'
    assert list_file(folder, 'train', 2).name == 'train2.txt'
    assert list_file(folder, 'test').name == 'test.txt'
    (folder / 'train.txt').write_text('a 0')
    assert list_file(folder, 'train').name == 'train.txt'
    with pytest.raises(UserError, match=r'test3\.txt: no such list .*test\.txt, train\.txt'):
        list_file(folder, 'test', 3)
    assert list_names(folder) == ['test.txt', 'train.txt', 'train1.txt', 'train2.txt']
    assert list_names(folder / 'none') == []


def test_read_classes_keeps_order_and_spaces(tmp_path: Path):
    assert read_classes(make(tmp_path / 'd', classes='\ufeffplay golf\r\nArchery\r\n\r\n')) == [
        'play golf',
        'Archery',
    ]


@pytest.mark.parametrize(
    ('content', 'message'),
    [
        ('', 'no classes'),
        ('a\n\nb\n', 'blank lines'),
        ('a\nb\na\n', r"classes\.txt:3: class 'a' stands on line 1 too"),
    ],
)
def test_read_classes_errors(content: str, message: str, tmp_path: Path):
    with pytest.raises(UserError, match=message):
        read_classes(make(tmp_path / 'd', classes=content))


@pytest.mark.parametrize('ending', ['\n', '\r\n', '\r'])
@pytest.mark.parametrize('mark', ['', '\ufeff'])
def test_read_list_takes_any_line_end_and_byte_order_mark(ending: str, mark: str, listed):
    path = listed(
        mark + ending.join(['a/x.mp4 0', '', 'b/with  two spaces.mp4\t1 ', 'c/é\u2028.mp4 0'])
    )
    assert read_list(path, 2) == [
        Sample('a/x.mp4', 0, 1),
        Sample('b/with  two spaces.mp4', 1, 3),
        Sample('c/é\u2028.mp4', 0, 4),
    ]


@pytest.mark.parametrize(
    ('content', 'message'),
    [
        ('a/x.mp4 0\na/y.mp4\n', r"train\.txt:2: 'a/y\.mp4' has no label"),
        ('a/x.mp4 0\n1\n', r"train\.txt:2: '1' has no label"),
        ('a/x.mp4 zero', r"train\.txt:1: the label 'zero' is not an integer"),
        ('a/x.mp4 1.0', 'not an integer'),
        ('a/x.mp4 1_0', 'not an integer'),
        ('a/x.mp4 ٣', 'not an integer'),
        ('a/x.mp4 ' + '9' * 5000, 'not an integer'),
        ('a/x.mp4 0\na/y.mp4 -1\n', r'negative label -1 at .*train\.txt:2$'),
        ('a/x.mp4 0\nb/y.mp4 1\na/./x.mp4 0\n', r'train\.txt:3: a/\./x\.mp4 stands on line 1 too'),
        ('', 'the list is empty'),
        ('\n \r\n', 'the list is empty'),
        (b'a/x.mp4 0\na/\xff.mp4 0\n', r'train\.txt:2: not UTF-8'),
        ('a/x.mp4 0\n'.encode('utf-16'), r'train\.txt:1: not UTF-8'),
    ],
)
def test_read_list_errors_name_file_and_line(content: str | bytes, message: str, listed):
    with pytest.raises(UserError, match=message):
        read_list(listed(content), 101)


def test_read_list_guesses_labels_from_one(listed):
    one_based = listed(''.join(f'v{i}.avi {i}\n' for i in range(1, 102)))
    with pytest.raises(UserError) as error:
        read_list(one_based, 101)
    assert str(error.value) == (
        f'label 101 at {one_based}:101, allowed 0..100; the labels look 1-based'
    )
    assert len(read_list(one_based)) == 101


@pytest.mark.parametrize('content', ['a 0\nb 101\n', 'a 1\nb 102\n', 'a 1\nb 101\nc 300\n'])
def test_read_list_does_not_guess_where_labels_are_otherwise_wrong(content: str, listed):
    with pytest.raises(UserError, match=r'train\.txt:2, allowed 0\.\.100') as error:
        read_list(listed(content), 101)
    assert '1-based' not in str(error.value)


@pytest.mark.parametrize('name', ['none.txt', '.'])
def test_read_list_that_is_not_there(name: str, tmp_path: Path):
    with pytest.raises(UserError, match='cannot read'):
        read_list(tmp_path / name)


names = st.text(st.characters(codec='utf-8', exclude_characters='\0\r\n'), min_size=1).filter(
    lambda s: s.strip() == s and '/' not in s and s != '.'
)


@settings(max_examples=50, deadline=None)
@given(st.dictionaries(names, st.integers(0, 400), min_size=1))
def test_read_list_gives_back_what_was_written(tmp_path_factory, entries: dict[str, int]):
    path = tmp_path_factory.mktemp('lists') / 'train.txt'
    lines = ''.join(f'{video} {label}\n' for video, label in entries.items())
    path.write_bytes(lines.encode())
    assert [(s.path, s.label) for s in read_list(path, 401)] == list(entries.items())


def test_check_files_counts_and_names_the_first(tmp_path: Path):
    (tmp_path / 'a.mp4').touch()
    samples = [Sample('a.mp4', 0, 1), Sample('b.mp4', 0, 2), Sample('c.mp4', 0, 5)]
    check_files(samples[:1], tmp_path)
    with pytest.raises(UserError) as error:
        check_files(samples, tmp_path)
    assert '3 lines read, 2 videos not found' in str(error.value)
    assert f'{tmp_path}/b.mp4 (line 2' in str(error.value)


def test_needs_no_torch():
    code = (
        'import sys, mlfo_mm.datasets.annotation;'
        'print(sorted({m.split(".")[0] for m in sys.modules} & {"torch", "mmengine", "mmaction"}))'
    )
    env = os.environ | {'PYTHONPATH': str(REPO)}
    done = subprocess.run(
        [sys.executable, '-c', code], env=env, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == '[]'


@pytest.mark.product  # reads every video
def test_real_lists(real_data: Path):
    counts = {}
    for path in sorted(real_data.glob('*/t*.txt')):
        samples = read_list(path, len(read_classes(path.parent)))
        check_files(samples, path.parent)
        counts[f'{path.parent.name}/{path.name}'] = len(samples)
    for folder in sorted({p.parent for p in real_data.glob('*/t*.txt')}):
        for split in (1, 2, 3) if (folder / 'train2.txt').is_file() else (1,):
            found = compare_lists(
                list_file(folder, 'test', split), dict(training=list_file(folder, 'train', split))
            )
            assert found['compared'] == ['path', 'file', 'group', 'content', 'frames']
    expected = {
        'tennis7/train.txt': 260,
        'tennis7/test3.txt': 148,
        'arid6/test.txt': 96,
        'utdrender27/train.txt': 1724,
        'msrrender20/test.txt': 261,
    }
    here = {name: count for name, count in expected.items() if (real_data / name).is_file()}
    assert here.items() <= counts.items()
    assert counts
