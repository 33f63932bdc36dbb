"""Retrieval recall against a slow loop written from the definition."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from mmaction.structures import ActionDataSample

from mlfo_mm.evaluation.nn_recall import NNRecall, nn_recall


def slow_recall(query, query_labels, gallery, gallery_labels, k, centre, leave_out=False):
    """Sort the gallery by cosine, ties by position, and look at the first k."""
    query, gallery = query.double().numpy(), gallery.double().numpy()
    if centre:
        query, gallery = query - query.mean(0), gallery - gallery.mean(0)
    hits = 0
    for index, (feature, label) in enumerate(zip(query, query_labels.tolist(), strict=True)):
        ranking = []
        for position, other in enumerate(gallery):
            if leave_out and position == index:
                continue
            norm = np.linalg.norm(feature) * np.linalg.norm(other)
            ranking.append((-float(feature @ other) / norm, position))
        nearest = [position for _, position in sorted(ranking)[:k]]
        hits += any(gallery_labels[position] == label for position in nearest)
    return 100 * hits / len(query)


@pytest.fixture
def sets():
    generator = torch.Generator().manual_seed(0)
    query = torch.randn(23, 5, generator=generator) + 2  # an offset, so that centring matters
    gallery = torch.randn(40, 5, generator=generator) + 1
    labels = [torch.randint(0, 6, (n,), generator=generator) for n in (23, 40)]
    return query, labels[0], gallery, labels[1]


@pytest.mark.parametrize('centre', [False, True])
def test_equals_the_definition(sets, centre):
    got = nn_recall(*sets, topk=(1, 3, 10), centre=centre)
    suffix = '_centred' if centre else ''
    expected = {f'R@{k}{suffix}': slow_recall(*sets, k, centre) for k in (1, 3, 10)}
    assert got == pytest.approx(expected)


def test_centring_changes_the_answer(sets):
    raw, centred = (nn_recall(*sets, topk=(3,), centre=centre) for centre in (False, True))
    assert raw['R@3'] != centred['R@3_centred']


def test_each_set_is_centred_on_its_own_mean(sets):
    query, query_labels, gallery, gallery_labels = sets
    moved = nn_recall(query + 5, query_labels, gallery - 3, gallery_labels, centre=True)
    assert moved == pytest.approx(nn_recall(*sets, centre=True))


@pytest.mark.parametrize('labels', [[0, 1, 1, 1], [1, 1, 1, 0]])
def test_ties_are_broken_by_the_order_of_the_gallery(labels):
    same = torch.ones(4, 3)
    got = nn_recall(torch.ones(1, 3), torch.tensor([0]), same, torch.tensor(labels), topk=(1, 3, 4))
    expected = {'R@1': 100.0, 'R@3': 100.0, 'R@4': 100.0}
    if labels[0] != 0:
        expected |= {'R@1': 0.0, 'R@3': 0.0}
    assert got == expected


@pytest.mark.parametrize('labels', [[0, 1, 1, 1], [1, 1, 1, 0]])
def test_ties_far_apart_in_a_gallery(labels):
    row = torch.randn(1, 67, generator=torch.Generator().manual_seed(0))
    gallery_labels = torch.tensor([labels[0]] + [2] * 199 + labels[1:])
    gallery = torch.cat([row, -row.expand(199, -1), row.expand(3, -1)])
    got = nn_recall(row, torch.tensor([0]), gallery, gallery_labels, topk=(1, 3, 4))
    right = 100.0 if labels[0] == 0 else 0.0
    assert got == {'R@1': right, 'R@3': right, 'R@4': 100.0}


def test_k_beyond_the_gallery_is_left_out(sets):
    assert set(nn_recall(*sets, topk=(1, 40, 41))) == {'R@1', 'R@40'}
    assert nn_recall(*sets, topk=(41,)) == {}


def test_class_that_the_gallery_lacks_is_a_miss():
    features = torch.eye(2)
    got = nn_recall(features, torch.tensor([0, 7]), features, torch.tensor([0, 1]), topk=(2,))
    assert got == {'R@2': 50.0}


def sample(label, features):
    packed = ActionDataSample().set_gt_label(label)
    packed.set_field(features, 'clip_features')
    return packed


def run_metric(metric, features, labels):
    samples = [sample(label, each) for label, each in zip(labels.tolist(), features, strict=True)]
    metric.process({'data_samples': samples}, [each.to_dict() for each in samples])
    return metric.evaluate(len(samples))


def test_metric_leaves_the_query_itself_out(sets):
    _, _, gallery, labels = sets
    clips = torch.stack([gallery - 0.5, gallery + 0.5], 1)  # (G, 2, D), their mean is the video
    got = run_metric(NNRecall(topk=(1, 5)), clips, labels)
    for k in (1, 5):
        expected = slow_recall(gallery, labels, gallery, labels, k, False, leave_out=True)
        assert got[f'retrieval/R@{k}'] == pytest.approx(expected)
    assert 'retrieval/R@1_centred' in got


def test_metric_with_a_stored_gallery(sets, tmp_path):
    query, query_labels, gallery, gallery_labels = sets
    path = tmp_path / 'gallery.npz'
    np.savez(path, values=gallery[:, None].numpy(), labels=gallery_labels.numpy())
    got = run_metric(NNRecall(topk=(1, 5), gallery=path), query[:, None], query_labels)
    expected = nn_recall(*sets, topk=(1, 5)) | nn_recall(*sets, topk=(1, 5), centre=True)
    assert got == pytest.approx({f'retrieval/{key}': value for key, value in expected.items()})
