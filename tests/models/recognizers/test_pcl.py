"""PCL from its smoke config: whose centroid a query finds, and when clusters are made."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import torch
import torch.nn.functional as F
from mmaction.registry import MODELS
from torch.testing import assert_close

from mlfo_mm.engine.config import load_config
from mlfo_mm.models import losses


def build(**changes):
    config = load_config('pcl/r3d18@smoke').model
    config.update(changes)
    torch.manual_seed(0)
    return MODELS.build(config).eval()


def batch(step: int, n: int = 4) -> torch.Tensor:
    return torch.randn(n, 2, 3, 8, 32, 32, generator=torch.Generator().manual_seed(step))


def placed(*places: int) -> list:
    return [SimpleNamespace(gt_label=torch.tensor([[place]])) for place in places]


def epoch(model, number: int) -> None:
    """8 videos in two steps."""
    model.set_epoch(number, 3)
    for step in (0, 1):
        model.loss(batch(step), placed(*range(4 * step, 4 * step + 4)))


def test_keys_of_an_epoch_are_clustered_at_the_start_of_the_next():
    model = build(num_clusters=(3, 5, 99))
    epoch(model, 0)
    assert not model.found  # warm-up
    keys = torch.cat([F.normalize(model.key_encoder(batch(step)[:, 1])) for step in (0, 1)])
    assert_close(model.bank.vectors[:8], keys)
    model.set_epoch(1, 3)
    inputs = batch(7)
    queries = model.projection(model.extract_feat(inputs[:, 0])[-1])
    logs = model.loss(inputs, placed(6, 0, 3, 5))
    assert list(model.found) == [3, 5]  # 99 are more than there are videos
    for count, (centroids, concentration, known) in model.found.items():
        own = known[torch.tensor([6, 0, 3, 5])]
        assert_close(known[:8], torch.cdist(keys, centroids).argmin(1))
        assert (known[8:] == -1).all()
        unit = F.normalize(centroids)
        expected = F.cross_entropy(F.normalize(queries) @ unit.T / concentration, own) / 3
        assert_close(logs[f'loss_prototypes_{count}'], expected)
        assert concentration.mean().item() == pytest.approx(0.2)
    before = model.found
    model.loss(batch(8), placed(0, 1, 2, 3))
    assert model.found is before
    model.set_epoch(2, 3)
    model.loss(batch(9), placed(0, 1, 2, 3))
    assert model.found is not before


def test_a_video_that_is_new_belongs_to_the_centroid_nearest_to_its_key():
    model = build(num_clusters=(3,))
    epoch(model, 0)
    model.set_epoch(1, 3)
    inputs = batch(5)
    queries = model.projection(model.extract_feat(inputs[:, 0])[-1])
    keys = F.normalize(model.key_encoder(inputs[:, 1]))
    logs = model.loss(inputs, placed(8, 11, 9, 30))
    centroids, concentration, known = model.found[3]
    own = torch.cdist(keys, centroids).argmin(1)
    expected = losses.prototype_contrast(queries, centroids, concentration, own)
    assert_close(logs['loss_prototypes_3'], expected)
    assert (known[8:] == -1).all() and int(model.bank.seen.sum()) == 12


def test_drawn_candidates_hold_each_centroid_once_and_those_of_the_batch():
    model = build(num_negatives=5)
    torch.manual_seed(0)
    own = torch.tensor([30, 2, 30, 7])
    for _ in range(20):
        kept = model.choose(own, 40)
        assert 5 <= kept.sum() <= 8 and kept[own].all()
    assert model.choose(own[1:2], 6) is None  # all, where there are not more
    # those that are not kept are as if they were not there
    queries, centroids = torch.randn(4, 3), torch.randn(40, 3)
    spread = torch.rand(40) + 0.5
    few = kept.nonzero().flatten()
    expected = losses.prototype_contrast(
        queries, centroids[few], spread[few], torch.searchsorted(few, own)
    )
    assert_close(losses.prototype_contrast(queries, centroids, spread, own, kept), expected)


def test_clusters_come_back_with_a_checkpoint():
    model, other = build(), build()
    epoch(model, 0)
    other.load_state_dict(model.state_dict())
    for each in (model, other):
        each.set_epoch(1, 3)
        each.loss(batch(3), placed(0, 1, 2, 3))
    for left, right in zip(model.found.values(), other.found.values(), strict=True):
        assert all(torch.equal(a, b) for a, b in zip(left, right, strict=True))


def test_what_is_wrong_is_said():
    with pytest.raises(ValueError, match='needs the step LabelByPlace'):
        build().loss(batch(0), [SimpleNamespace(gt_label=torch.tensor([1]))] * 4)
    with pytest.raises(ValueError, match=r'num_clusters=\(1, 4\)'):
        build(num_clusters=(1, 4))
