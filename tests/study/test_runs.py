"""How runs are spelled: parts, names of files, and what is no run."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlfo_mm.errors import UserError
from mlfo_mm.study.runs import RunName, parse_run, split_changes


@pytest.mark.parametrize(
    ('text', 'base', 'at', 'changes', 'stem'),
    [
        ('mlfo/r3d18@mini', 'mlfo/r3d18', 'mini', (), 'r3d18@mini'),
        (
            'mlfo/s3d@mini+one_hot+compile', 'mlfo/s3d', 'mini', ('one_hot', 'compile'),
            's3d@mini+one_hot+compile',
        ),
        (
            'mlfo/s3d@mini+/a/c++/mine.py+x', 'mlfo/s3d', 'mini', ('/a/c++/mine.py', 'x'),
            's3d@mini+mine+x',
        ),
        ('mlfo/s3d@k400+mine.py', 'mlfo/s3d', 'k400', ('mine.py',), 's3d@k400+mine'),
        ('configs/mlfo/r3d18_k400.py', 'configs/mlfo/r3d18_k400.py', '', (), 'r3d18_k400'),
        ('/a@b/c+d/mine.py', '/a@b/c+d/mine.py', '', (), 'mine'),
        ('mine.py@mini', 'mine.py', 'mini', (), 'mine@mini'),
        ('mine.py@mini+a.py+b', 'mine.py', 'mini', ('a.py', 'b'), 'mine@mini+a+b'),
        ('mine.py+a.py', 'mine.py', '', ('a.py',), 'mine+a'),
        ('/w/r3d18@mini+one_hot.py', '/w/r3d18@mini+one_hot.py', '', (), 'r3d18@mini+one_hot'),
    ],
)  # fmt: skip
def test_parts_of_a_run(text, base, at, changes, stem):
    run = parse_run(text)
    assert run == RunName(base, at, changes)
    assert str(run) == text
    assert run.stem() == stem


def test_method_and_backbone_of_a_file_are_its_folder_s_and_its_own():
    assert (parse_run('moco/s3d@demo').method, parse_run('moco/s3d@demo').backbone) == (
        'moco', 's3d',
    )  # fmt: skip
    run = parse_run('configs/memdpc/r2d3d34_k400.py')
    assert (run.method, run.backbone, run.file) == ('memdpc', 'r2d3d34', Path(run.base))
    assert parse_run('moco/s3d@demo').file is None


def test_a_file_that_a_run_wrote_is_no_run_with_a_change(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    name = 'work/r3d18@mini+one_hot.py'
    assert parse_run(name).changes == ('one_hot.py',)
    Path('work').mkdir()
    Path(name).write_text('')
    assert parse_run(name) == RunName(name)


@pytest.mark.parametrize(
    ('text', 'message'),
    [
        ('', r"run '': must be METHOD/BACKBONE@PROFILE\+VARIANT, such as"),
        ('mlfo', "run 'mlfo': must be METHOD"),
        ('mlfo/r3d18@', 'must be METHOD'),
        ('@mini', 'must be METHOD'),
        ('mlfo@mini', 'must be METHOD'),
        ('a/b/c@mini', 'must be METHOD'),
        ('mlfo/r3d18@mini@demo', 'must be METHOD'),
        ('configs/mlfo/r3d18_k400', 'needs a profile|must be METHOD'),
        ('mlfo/r3d18', 'needs a profile, for instance mlfo/r3d18@demo or mlfo/r3d18@k400'),
        ('mlfo/r3d18+one_hot', 'needs a profile'),
    ],
)
def test_what_is_no_run(text, message):
    with pytest.raises(UserError, match=message) as caught:
        parse_run(text)
    assert '\n' not in str(caught.value)


@pytest.mark.parametrize(
    ('text', 'parts'),
    [
        ('', ()),
        ('one_hot', ('one_hot',)),
        ('a+b+c', ('a', 'b', 'c')),
        ('a/b.py+c', ('a/b.py', 'c')),
        ('c+a/b+c/d.py', ('c', 'a/b+c/d.py')),
        ('x.py+y.py', ('x.py', 'y.py')),
        ('/no/such', ('/no/such',)),
    ],
)
def test_changes_are_split_at_plus_signs_that_are_no_part_of_a_path(text, parts):
    assert split_changes(text) == parts
