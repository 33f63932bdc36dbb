"""Published numbers: those of the paper by method, nothing typed twice, what is told first."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mlfo_mm.errors import UserError
from mlfo_mm.reporting.published import best_of_each_set, numbers_of, paper_numbers
from mlfo_mm.study.methods import Card, Published, cards

OWN = Published('finetune', 'r3d18', 'kinetics400', 'README of A', 70.0)


def card(*published: Published, key: str = 'vcop') -> Card:
    return Card(key, 'Name', 'r3d18_k400.py', (), published)


def test_the_papers_numbers_by_method_and_variant():
    paper = paper_numbers()
    (rotnet,) = paper['rotnet3d']
    assert rotnet == Published(
        'finetune', 'r3d18', 'kinetics400', 'MLFO, table 1', 62.9, 33.7, 'default'
    )
    tune, find = paper['pace']
    assert (tune.variant, tune.ucf101, find.task, find.ucf101) == (
        'contrast',
        77.1,
        'retrieval',
        23.8,
    )
    assert {each.source for each in paper['mlfo']} == {'MLFO, table 1', 'MLFO, table 4'}
    speednet = paper['speednet'][1]
    assert speednet.hmdb51 is None and 'prints no value' in speednet.remark


def test_no_card_types_a_number_of_the_paper_again():
    paper = paper_numbers()
    for each in cards().values():
        numbers_of(each, paper)
    (order,) = [each for each in paper['vcop'] if each.task == 'finetune']
    with pytest.raises(
        UserError, match=r'configs/vcop/method.toml: published: finetune of r2plus1d'
    ):
        numbers_of(card(replace(order, source='original')), paper)
    # another value of the same thing is another number
    numbers_of(card(replace(order, source='original', ucf101=65.8)), paper)
    with pytest.raises(UserError, match='README of A has two numbers for finetune of r3d18'):
        numbers_of(card(OWN, replace(OWN, ucf101=71.0)), {})


def test_finetuned_numbers_are_told_first_the_highest_of_each_set():
    found = replace(OWN, task='retrieval', ucf101=20.0)
    probe = replace(OWN, task='linear_probe', ucf101=40.0, pretrain='ucf101')
    best = replace(OWN, ucf101=75.0, source='README of B')
    other = replace(OWN, ucf101=60.0, pretrain='ucf101')
    numbers = numbers_of(card(found, probe, OWN, best, other), {})
    assert [each.task for each in numbers] == ['linear_probe', *['finetune'] * 3, 'retrieval']
    assert list(best_of_each_set(numbers, 'default')) == [best, other]
    assert list(best_of_each_set((found, probe), 'default')) == [probe]
    assert list(best_of_each_set(numbers, 'contrast')) == []
