"""Confusion matrices of records: what they count, and that a hundred names can be drawn."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from mlfo_mm.errors import UserError
from mlfo_mm.reporting.figures.confusion import confusion_plots, counted, draw_matrix
from mlfo_mm.reporting.figures.details import Answers, read_answers
from mlfo_mm.study.records import Record
from tests.reporting.crafted import probe


def record_of(
    labels: str, predicted: str, classes: tuple[str, ...] = ('jump', 'run', 'sit')
) -> Record:
    (record,) = [each for each in probe('default', 50.0, (0,)) if each.dataset == 'digits_motion']
    answers = dict(classes=list(classes), labels=labels, predicted=predicted)
    read = len(labels.split(' '))
    counts = dict(record.n_samples, test=dict(expected=read, read=read, skipped=0))
    return dataclasses.replace(record, n_samples=counts, details=dict(answers=answers))


def test_counts_by_class_and_answer():
    answers = read_answers(record_of('0 0 1 1 1', '0 2 1 1 0'))
    assert counted(answers).tolist() == [[1, 0, 1], [1, 2, 0], [0, 0, 0]]
    one = Answers(('a', 'b'), np.array([1]), np.array([1]))
    assert counted(one).tolist() == [[0, 0], [0, 1]]


def test_a_plot_a_record():
    record, without = record_of('0 0 0 1', '1 1 0 1'), probe('default', 50.0, (1,))[0]
    plot, rest = confusion_plots([record, without], 'run')
    assert plot.name == f'confusion_{record.experiment}'
    assert 'jump taken for run: 2.' in plot.caption and 'its 4 test videos' in plot.caption
    assert plot.files['csv'].decode().splitlines()[1:] == [
        'jump,jump,1,33.33', 'jump,run,2,66.67', 'run,run,1,100',
    ]  # fmt: skip
    assert plot.files['png'][:4] == b'\x89PNG' and b'<svg' in plot.files['svg']
    assert rest.missing == (
        '1 records hold no answers of each video: evaluate them again (tools/evaluate.py)',
    )
    (empty,) = confusion_plots([], 'run')
    assert empty.missing[0].endswith('run one: run')


def test_a_hundred_names_have_room():
    names = [f'class with a long name {number}' for number in range(101)]
    figure = draw_matrix(np.eye(101, dtype=np.int64), names, 'title')
    axis = figure.axes[0]
    assert len(axis.get_yticklabels()) == 101 and not axis.texts
    inches = figure.get_size_inches()[1] / 101  # of a row, margins included
    assert inches * 72 > axis.get_yticklabels()[0].get_fontsize() * 1.5
    assert len(draw_matrix(np.eye(3, dtype=np.int64), names[:3], 'title').axes[0].texts) == 3


@pytest.mark.parametrize(
    ('labels', 'predicted', 'said'),
    [
        ('0 1', '0', 'predicted needs a number for each of 2 videos'),
        ('0 x', '0 1', 'labels needs a number'),
        ('0 1', '0 3', 'predicted has 3, there are 3 classes'),
    ],
)
def test_what_is_no_answer(labels: str, predicted: str, said: str):
    with pytest.raises(UserError, match=f'details.answers.{said}'):
        read_answers(record_of(labels, predicted))
