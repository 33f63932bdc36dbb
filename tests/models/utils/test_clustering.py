"""k-means on groups that are known, and the density of clusters."""

from __future__ import annotations

import pytest
import torch
from torch.testing import assert_close

from mlfo_mm.models.utils import concentrations, kmeans, nearest


def groups(seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    """40 points about 4 corners, and whose each is."""
    generator = torch.Generator().manual_seed(seed)
    corners = torch.tensor([[0.0, 0], [10, 0], [0, 10], [10, 10]])
    own = torch.arange(40) % 4
    return corners[own] + torch.randn(40, 2, generator=generator), own


@pytest.mark.parametrize('seed', range(5))
def test_finds_groups(seed):
    x, own = groups(seed)
    centroids, distance, cluster = kmeans(x, 4, seed, restarts=20)
    for group in range(4):
        (label,) = set(cluster[own == group].tolist())
        assert_close(centroids[label], x[own == group].mean(0))
    assert_close(distance, (x - centroids[cluster]).norm(dim=1), atol=1e-3, rtol=1e-4)


def test_a_seed_decides_and_restarts_do_not_harm():
    x = torch.randn(60, 3, generator=torch.Generator().manual_seed(1))
    again, other = kmeans(x, 7, 2), kmeans(x, 7, 2)
    assert all(torch.equal(a, b) for a, b in zip(again, other, strict=True))
    once = kmeans(x, 7, 2, restarts=1)
    assert again[1].square().sum() <= once[1].square().sum()


def test_no_cluster_stays_empty_where_vectors_differ():
    x = torch.cat([torch.zeros(20, 2), torch.tensor([[5.0, 0], [0, 5], [5, 5]])])
    assert set(kmeans(x, 4, 0)[2].tolist()) == {0, 1, 2, 3}
    kmeans(torch.zeros(5, 2), 3, 0)  # all alike: as many as there are
    with pytest.raises(ValueError, match='3 vectors do not make 4 clusters'):
        kmeans(torch.zeros(3, 2), 4, 0)


def test_nearest_goes_in_parts(monkeypatch):
    x, _ = groups()
    whole = nearest(x, x[:6])
    monkeypatch.setattr('mlfo_mm.models.utils.clustering.ROWS', 7)
    for a, b in zip(nearest(x, x[:6]), whole, strict=True):
        assert_close(a, b)


def test_concentrations_are_those_of_the_released_code():
    """Of salesforce/PCL's run_kmeans on these distances; the clusters 2 and 4 have one vector."""
    distance = (2 + torch.sin(1.7 * torch.arange(1, 13, dtype=torch.float64))).sqrt()
    cluster = torch.tensor([0, 0, 0, 1, 1, 2, 3, 3, 3, 3, 1, 4])
    found = concentrations(distance, cluster, 5, 0.2)
    expected = [0.18630739834740653, 0.21027738987104894, 0.21027738987104894,
                0.1828604320394466, 0.21027738987104894]  # fmt: skip
    assert_close(found, torch.tensor(expected, dtype=torch.float64), rtol=1e-12, atol=0)


def test_vectors_at_their_centroids_have_the_temperature():
    found = concentrations(torch.zeros(4), torch.tensor([0, 0, 1, 1]), 2, 0.2)
    assert found.tolist() == pytest.approx([0.2, 0.2])
