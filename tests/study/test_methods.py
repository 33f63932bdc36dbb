"""Cards of methods: what they may say, faults by name, and the cards of the repository."""

from __future__ import annotations

import pytest

from mlfo_mm.errors import UserError
from mlfo_mm.study.methods import (
    Published,
    cards,
    check_files,
    load_cards,
    method_name,
    read_card,
)
from mlfo_mm.study.names import BACKBONES

TOML = """name = 'MoCo v2'
recipe = 'r3d18_k400.py'
kind = 'contrast'
tables = ['table1', 'levels']

[[published]]
task = 'finetune'
backbone = 'Slow-R50'
pretrain = 'kinetics400'
ucf101 = 91.3
source = 'README of SlowFast'
variant = 'queue'

[default]
clips = '2 of 16 frames'
forward = 2
backward = 1
faithful = 'all'
different = 'none'

[queue]
kind = 'contrast, large queue'
clips = '2 of 16 frames'
forward = 2
backward = 1
faithful = 'all'
different = 'none'
seeds = 3
tasks = ['linear_probe']
fidelity = 'port'
"""


@pytest.fixture
def path(tmp_path):
    (tmp_path / 'moco' / 'variants').mkdir(parents=True)
    (tmp_path / 'moco' / 'r3d18_k400.py').touch()
    (tmp_path / 'moco' / 'variants' / 'queue.py').touch()
    path = tmp_path / 'moco' / 'method.toml'
    path.write_text(TOML)
    return path


def test_what_stands_above_the_variants_holds_for_all(path):
    card = read_card(path)
    assert (card.key, card.name, card.backbone) == ('moco', 'MoCo v2', 'r3d18')
    default, queue = card.variants
    assert (default.variant, default.kind, default.seeds) == ('default', 'contrast', 1)
    assert default.tables == queue.tables == ('table1', 'levels')
    assert (queue.kind, queue.seeds, queue.tasks) == ('contrast, large queue', 3, ('linear_probe',))
    assert default.pretrain == 'k400' and default.tasks == ()
    assert (default.fidelity, queue.fidelity) == ('', 'port')
    assert card.published == (
        Published('finetune', 'Slow-R50', 'kinetics400', 'README of SlowFast', 91.3, None, 'queue'),
    )
    assert (card.file('default'), card.file('queue')) == ('r3d18_k400.py', 'variants/queue.py')
    assert load_cards(path.parents[1]) == dict(moco=card)
    check_files(card, path.parents[1])


@pytest.mark.parametrize('file', ['r3d18_k400.py', 'variants/queue.py'])
def test_a_file_that_is_not_there_is_named(path, file):
    (path.parent / file).unlink()
    with pytest.raises(UserError, match=rf'there is no .*moco/{file}'):
        check_files(read_card(path), path.parents[1])


@pytest.mark.parametrize(
    ('old', 'new', 'message'),
    [
        ("name = 'MoCo v2'", '', "method.toml: key 'name' must be str, is None"),
        ("recipe = 'r3d18_k400.py'", 'recipe = 1', "key 'recipe' must be str, is 1"),
        ("kind = 'contrast'\n", '', r"\[default\]: key 'kind' must be str, is None"),
        ('forward = 2', "forward = '2'", "key 'forward' must be int, is '2'"),
        ('forward = 2', 'forward = true', "key 'forward' must be int, is True"),
        ("faithful = 'all'", "faithful = ''", "key 'faithful' must be str, is ''"),
        ("clips = '2", "clipz = '2", r"unknown key 'clipz' \(did you mean 'clips'\?\)"),
        ("'table1', 'levels'", "'tabel1'", r"tables: unknown 'tabel1' \(did you mean 'table1'"),
        ("['table1', 'levels']", "'table1'", "key 'tables' must be a list of names"),
        ("['linear_probe']", "['probe']", "tasks: unknown 'probe'"),
        ('seeds = 3', "pretrain = 'k500'", "pretrain: unknown 'k500'"),
        ("'port'", "'ports'", r"\[queue\]: fidelity: unknown 'ports' \(did you mean 'port'"),
        ('[[published]]', '[published]', r'a table \[default\] is needed'),
        ('[[published]]\n', "published = 'x'\n", r'published must be tables \[\[published\]\]'),
        ('ucf101 = 91.3', 'ucf10 = 91.3', r"\[\[published\]\] 1: unknown key 'ucf10' \(did you"),
        ('ucf101 = 91.3', 'ucf101 = 913', "key 'ucf101' must be a percentage, is 913"),
        ('ucf101 = 91.3', 'ucf101 = true', "key 'ucf101' must be a percentage, is True"),
        ('ucf101 = 91.3', '', 'needs a number under ucf101 or hmdb51'),
        ("source = 'README of SlowFast'", '', "key 'source' must be str, is None"),
        ("task = 'finetune'", "task = 'fine'", "task: unknown 'fine'"),
        ("'kinetics400'", "'k400'", "pretrain: unknown 'k400'"),
        ("variant = 'queue'", "variant = 'big'", "variant: unknown 'big': one of default, queue"),
        ('[default]', '[v2]', r'a table \[default\] is needed'),
        ('[default]', '[default', 'not a readable description of a method'),
        (TOML, '', "key 'name'"),
    ],
)
def test_faults_of_a_card_are_named(path, old, new, message):
    path.write_text(TOML.replace(old, new))
    with pytest.raises(UserError, match=message):
        read_card(path)


def test_cards_of_the_repository():
    assert {'mlfo', 'simclr', 'cvrl', 'moco', 'swav', 'byol', 'pace', 'speednet'} <= set(cards())
    for card in cards().values():
        assert card.backbone in BACKBONES
        assert card.variants[0].variant == 'default'
        assert card.variants[0].group  # side by side, none stands with those of unknown kind
    variants = {
        key: [each.variant for each in card.variants]
        for key, card in cards().items()
        if len(card.variants) > 1
    }
    assert variants == dict(
        mlfo=['default', 'official'], pace=['default', 'contrast'], speednet=['default', 'ctp7']
    )
    names = [card.name for card in cards().values()]
    assert len(set(names)) == len(names)


def test_names_of_methods():
    assert method_name('simclr') == 'SimCLR (InfoNCE)' and method_name('cvrl') == 'SimCLR (CVRL)'
    assert method_name('st_puzzle') == 'ST-Puzzle' and method_name('random') == 'Random weights'
    assert method_name('mine') == 'mine'
