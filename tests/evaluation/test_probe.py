"""The probe on stored features: right where there is something to learn, at chance where not."""

from __future__ import annotations

import numpy as np
import pytest

from mlfo_mm.errors import UserError
from mlfo_mm.evaluation.probe import fit_probe, video_groups


def blobs(videos, classes, noise, seed=0, views=3, width=8):
    """Features (N, V, D) of clips around a centre per class, and the labels."""
    rng = np.random.default_rng(seed)
    labels = np.arange(videos) % classes
    centres = np.eye(classes, width) * 4
    clips = centres[labels][:, None] + noise * rng.normal(size=(videos, views, width))
    return clips.astype(np.float32), labels


@pytest.mark.parametrize('train_on', ['clips', 'mean'])
@pytest.mark.parametrize('average', ['prob', 'score'])
@pytest.mark.parametrize('classes', [2, 5])
def test_separable_features_are_learnt(train_on, average, classes):
    clips, labels = blobs(30, classes, 0.1)
    probe = fit_probe(clips, labels, classes, train_on=train_on, average=average)
    test, test_labels = blobs(20, classes, 0.1, seed=1)
    assert (probe.scores(test, average).argmax(1) == test_labels).all()
    assert max(probe.accuracy.values()) == 100


def test_noise_stays_near_chance():
    rng = np.random.default_rng(0)
    clips, labels = rng.normal(size=(200, 2, 8)), np.arange(200) % 4
    probe = fit_probe(clips, labels, 4)
    test = rng.normal(size=(400, 2, 8))
    assert abs((probe.scores(test).argmax(1) == np.arange(400) % 4).mean() - 0.25) < 0.08
    assert all(accuracy < 40 for accuracy in probe.accuracy.values())


def test_mean_softmax_and_mean_logits_as_defined():
    clips, labels = blobs(30, 3, 3.0)
    probe = fit_probe(clips, labels, 3)
    rows = clips[:1].reshape(-1, clips.shape[-1])
    probabilities = probe.model.predict_proba(rows).mean(0)
    assert probe.scores(clips[:1])[0] == pytest.approx(probabilities)
    logits = probe.model.decision_function(rows).mean(0)
    assert probe.scores(clips[:1], 'score')[0] == pytest.approx(logits)


def test_equal_strengths_take_the_most_regularised():
    clips, labels = blobs(40, 2, 0.01)
    probe = fit_probe(clips, labels, 2, strengths=(1e-2, 1e-1, 1.0))
    assert set(probe.accuracy.values()) == {100.0}
    assert probe.strength == 1e-2


def test_groups_are_left_out_whole():
    """Features that name the group: only validation within groups finds them useful."""
    rng = np.random.default_rng(0)
    groups = np.arange(120) // 4  # 30 groups of one class each, so the group gives the class away
    labels = rng.permutation(np.arange(30) % 2)[groups]
    names = rng.normal(size=(30, 64))
    clips = (names[groups] + 0.01 * rng.normal(size=(120, 64)))[:, None]
    within = fit_probe(clips, labels, 2)
    across = fit_probe(clips, labels, 2, groups=groups)
    assert max(within.accuracy.values()) > 95
    assert max(across.accuracy.values()) < 75
    assert 'whole groups left out' in across.validation


def test_few_groups_and_few_videos():
    clips, labels = blobs(8, 2, 0.1)
    assert '2-fold' in fit_probe(clips, labels, 2, groups=np.arange(8) // 4).validation
    lone = fit_probe(clips[:2], labels[:2], 2)
    assert lone.accuracy == {}
    assert lone.validation == 'no cross-validation: one training video a class'


def test_groups_of_one_class_each_leave_nothing_to_validate_on():
    clips, labels = blobs(8, 2, 0.1)
    probe = fit_probe(clips, labels, 2, groups=labels, strengths=(0.1, 1.0))
    assert (probe.accuracy, probe.strength) == ({}, 1.0)
    assert probe.validation == 'no cross-validation: what a fold leaves is of one class'


def test_class_that_was_never_seen_is_never_chosen():
    clips, labels = blobs(20, 2, 0.1)
    scores = fit_probe(clips, labels, 4).scores(clips)
    assert scores.shape == (20, 4)
    assert (scores.argmax(1) == labels).all()


def test_one_class_is_an_error():
    with pytest.raises(UserError, match='at least 2 classes'):
        fit_probe(np.ones((3, 1, 2)), np.zeros(3, int), 2)


def test_groups_come_from_file_names():
    assert video_groups(['a/v_Jump_g08_c01.mp4', 'v_Run_g12_c02.avi']).tolist() == [8, 12]
    assert video_groups(['v_Jump_g08_c01.mp4', 'v_Jump_val_024.mp4']) is None
