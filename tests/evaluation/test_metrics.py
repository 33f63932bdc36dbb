"""Accuracies by hand, and when a result cannot be told from chance."""

from __future__ import annotations

import numpy as np
import pytest

from mlfo_mm.errors import UserError
from mlfo_mm.evaluation.metrics import answers, chance_note, classification_metrics, placed, untold


def test_accuracies_by_hand():
    scores = np.zeros((4, 7))
    scores[0, [0, 1, 2, 3, 4]] = [5, 4, 3, 2, 1]  # label 0: first
    scores[1, [1, 2, 3, 4, 0]] = [5, 4, 3, 2, 1]  # label 0: fifth
    scores[2, [1, 2, 3, 4, 5]] = [5, 4, 3, 2, 1]  # label 6: beyond
    scores[3, 1] = 1  # label 1: first
    metrics, notes = classification_metrics(scores, np.array([0, 0, 6, 1]), np.arange(7))
    assert metrics == pytest.approx({'top1': 50, 'top5': 75, 'mean_class': 100 * (0.5 + 0 + 1) / 3})
    assert notes == ['mean_class leaves out 4 classes without test videos']


def test_answers_are_trained_classes():
    scores = np.array([[1.0, 2.0, 3.0], [2.0, 2.0, 0.0], [0.0, 5.0, 9.0]])
    told = answers(scores, np.array([0, 1, 2]), np.array([0, 1]), ('a', 'b', 'c'))['answers']
    assert told == dict(classes=['a', 'b', 'c'], labels='0 1 2', predicted='1 0 1')


def test_no_number_stands_above_all_others():
    scores = np.array([[np.nan, np.nan], [1.0, 2.0]])
    with pytest.raises(UserError, match='scores of 1 of 2 videos are no numbers'):
        classification_metrics(scores, np.array([0, 1]), np.arange(2))
    below = np.full((1, 8), -np.inf)  # a tie as any other
    assert placed(below, np.array([3]), 2) == pytest.approx([0.25])


def test_top5_of_five_classes_is_left_out():
    metrics, notes = classification_metrics(np.eye(5), np.arange(5), np.arange(5))
    assert metrics == {'top1': 100.0, 'mean_class': 100.0}
    assert notes == ['top5 says nothing with 5 classes: n/a']


def test_a_class_that_was_never_trained_is_never_right():
    """Of 20 classes 12 are trained; the others have equal scores, below or above the trained ones."""
    trained = np.arange(12)
    for unseen in (-1.0, 100.0):
        scores = np.full((20, 20), unseen)
        scores[:, :12] = np.linspace(1, 0, 12)
        metrics, notes = classification_metrics(scores, np.arange(20), trained)
        best = 5 if unseen < 0 else 0  # labels 0 to 4 are among the five highest
        assert metrics['top5'] == 100 * best / 20
        assert metrics['top1'] == (5.0 if unseen < 0 else 0.0)
        assert notes == ['8 classes have no training videos: their 8 test videos are never right']


def test_top5_of_five_trained_classes_says_nothing():
    metrics, notes = classification_metrics(np.eye(9), np.arange(9), np.array([0, 3, 4, 7, 8] * 2))
    assert metrics == pytest.approx({'top1': 500 / 9, 'mean_class': 500 / 9})
    assert notes[0] == 'top5 says nothing with 5 classes: n/a'


def test_equal_scores_do_not_go_by_the_order_of_the_classes():
    """A network that collapsed is at chance, whichever classes come first."""
    labels = np.arange(20)
    metrics, _ = classification_metrics(np.zeros((20, 20)), labels, labels)
    assert metrics == pytest.approx(dict(top1=5, top5=25, mean_class=5))
    metrics, _ = classification_metrics(np.zeros((3, 20)), np.array([0, 0, 19]), labels)
    assert metrics == pytest.approx(dict(top1=5, top5=25, mean_class=5))
    scores = np.zeros((1, 20))
    scores[0, [3, 4]] = 1, 1
    assert placed(scores, np.array([4]), 1) == 0.5
    assert placed(scores, np.array([4]), 2) == 1
    assert placed(scores, np.array([0]), 5) == pytest.approx(3 / 18)


def test_chance_is_told():
    labels = np.arange(100) % 4
    assert chance_note('top1', 60.0, labels, labels, 'largest') is None
    note = chance_note('top1', 27.0, labels, labels, 'largest')
    assert note == (
        'top1 27.0 cannot be told from chance (25.0, 100 test videos): weights or labels are suspect'
    )


def test_a_small_test_set_is_called_small():
    labels = np.arange(16) % 8
    assert chance_note('top1', 12.5, labels, labels, 'largest') == (
        'top1 12.5 cannot be told from chance (12.5, 16 test videos): '
        'the test set is small, it tells 31.2 and more'
    )
    assert chance_note('top1', 31.25, labels, labels, 'largest') is None
    for videos in (5, 500):  # of one class, however many
        alike = np.zeros(videos, int)
        assert chance_note('top1', 100.0, alike, alike, 'largest') == (
            f'top1 says nothing: all {videos} test videos are of the class that is guessed'
        )


def test_answers_count_each():
    """60 % of 40 videos is chance if each answers once, not if each answers twice."""
    assert 'small, it tells 65.0 and more' in untold('accuracy', 60.0, 50.0, 40)
    assert untold('accuracy', 60.0, 50.0, 40, answers=2) is None
    assert 'suspect' in untold('accuracy', 55.0, 50.0, 80, answers=2)


def test_chance_follows_the_class_shares():
    test = np.array([0] * 80 + [1] * 20)
    train = np.array([0, 1] * 10)
    assert '(80.0,' in chance_note('top1', 80.0, test, train, 'largest')
    assert '(50.0,' in chance_note('R@1', 52.0, test, train, 'neighbour')
    assert chance_note('R@1', 80.0, test, train, 'neighbour') is None
