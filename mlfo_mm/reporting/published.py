"""Numbers that were printed for the methods: those of ``results/paper/``, and what cards quote."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from mlfo_mm.errors import UserError
from mlfo_mm.reporting.paper import load_paper, paper_file
from mlfo_mm.study.identity import DEFAULT
from mlfo_mm.study.methods import Card, Published
from mlfo_mm.study.paths import REPOSITORY
from mlfo_mm.study.profiles import PAPER_DATASETS

PAPER_TABLES = ('table1', 'table4')  # those that compare methods
METRICS = dict(linear_probe='top1', finetune='top1', retrieval='R@1')


def paper_numbers(results: Path = REPOSITORY / 'results') -> dict[str, list[Published]]:
    """What the paper prints of each method, its own and others', by the keys of the methods."""
    found: dict[str, list[Published]] = {}
    for table in PAPER_TABLES:
        for row in load_paper(paper_file(table, results)):
            for task in row.tasks:
                values = {
                    name: row.values.get((task, name, METRICS[task])) for name in PAPER_DATASETS
                }
                source = f'MLFO, table {table.removeprefix("table")}'
                number = Published(
                    task,
                    row.backbone,
                    row.pretrain,
                    source,
                    **values,
                    variant=row.variant or DEFAULT,
                    remark='; '.join(row.remarks),
                )
                found.setdefault(row.method, []).append(number)
    return found


def numbers_of(card: Card, paper: dict[str, list[Published]]) -> tuple[Published, ...]:
    """All numbers of a method, task by task.

    Raises:
        UserError: The card types again what ``results/paper/`` has.
    """
    quoted = paper.get(card.key, [])
    there = {(*_place(each), each.source) for each in quoted}
    for own in card.published:
        if any(_place(each) == _place(own) and _same(each, own) for each in quoted):
            raise UserError(
                f'configs/{card.key}/method.toml: published: {own.task} of {own.backbone}, '
                f'{own.pretrain} stands in results/paper/ already: take it out'
            )
        if (*_place(own), own.source) in there:
            raise UserError(
                f'configs/{card.key}/method.toml: published: {own.source} has two numbers for '
                f'{own.task} of {own.backbone}, {own.pretrain}'
            )
        there.add((*_place(own), own.source))
    tasks = list(METRICS)
    return tuple(sorted((*quoted, *card.published), key=lambda each: tasks.index(each.task)))


def best_of_each_set(numbers: Iterable[Published], variant: str) -> Iterator[Published]:
    """Of a variant's numbers those to be told first.

    Finetuned ones, else linear probes, else retrieval; the highest of each pretraining set.
    """
    own = [each for each in numbers if each.variant == variant]
    for task in ('finetune', 'linear_probe', 'retrieval'):
        of_task = [each for each in own if each.task == task]
        for name in dict.fromkeys(each.pretrain for each in of_task):
            yield max((n for n in of_task if n.pretrain == name), key=lambda n: n.ucf101 or 0.0)
        if of_task:
            return


def _place(number: Published) -> tuple[str, str, str, str]:
    return number.task, number.backbone, number.pretrain, number.variant


def _same(one: Published, other: Published) -> bool:
    return (one.ucf101, one.hmdb51) == (other.ucf101, other.hmdb51)
