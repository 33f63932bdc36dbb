"""One row says all of a task; what is derived of the rows; chance by metric."""

from __future__ import annotations

import pytest

from mlfo_mm.study.tasks import LEVELS, RECALLS, TABLE_TASKS, TASKS, UNTRAINED, among


def chance(task, metric, classes):
    return TASKS[task].metric(metric).chance(classes)


def test_chance_by_metric():
    for task in ('linear_probe', 'finetune'):
        assert chance(task, 'top1', 8) == chance(task, 'mean_class', 8) == 12.5
        assert chance(task, 'top5', 8) == 62.5
        assert chance(task, 'top5', 3) == 100
    assert chance('retrieval', 'R@1', 8) == pytest.approx(12.5)
    assert chance('retrieval', 'R@5_centred', 4) == pytest.approx(100 * (1 - 0.75**5))
    assert among(2)(4) == pytest.approx(100 * (1 - 0.75**2))
    assert {chance('level_probe', f'top1_{level}', 8) for level in LEVELS} == {12.5}
    assert chance('order', 'accuracy', 8) == 50.0  # forward or reversed
    assert chance('neighbours', 'hits_semantic', 8) == 12.5


def test_keys_are_those_of_the_table_and_metrics_have_one_each():
    for key, task in TASKS.items():
        assert task.key == key and task.label and task.metrics and task.tables
        keys = [metric.key for metric in task.metrics]
        assert len(set(keys)) == len(keys)
    assert len(TASKS['retrieval'].metrics) == 2 * len(RECALLS)
    with pytest.raises(StopIteration):
        TASKS['order'].metric('top1')


def test_what_is_derived():
    assert TABLE_TASKS['table1'] == ('linear_probe', 'finetune')
    assert TABLE_TASKS['figure4'] == ('neighbours',)
    assert {task for tasks in TABLE_TASKS.values() for task in tasks} == set(TASKS)
    assert UNTRAINED['scratch'] == ('finetune',)
    assert set(UNTRAINED['random']) == set(TASKS) - {'finetune'}


def test_what_a_task_says():
    assert [task.key for task in TASKS.values() if not task.frozen] == ['finetune']
    assert {task.key for task in TASKS.values() if task.pictures} == {'order', 'neighbours'}
    alone = {task.key for task in TASKS.values() if not task.every_seed}
    assert alone == {'finetune', 'order', 'neighbours'}
    averaged = {task.key for task in TASKS.values() if task.averaged}
    assert averaged == {'linear_probe', 'finetune', 'level_probe'}


def test_every_task_has_its_function():
    from mlfo_mm.evaluation import tasks

    assert tuple(tasks.TASKS) == tuple(TASKS)
