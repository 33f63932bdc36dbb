"""Neighbours are those of a sort by the definition, and equal rows stand in their order."""

from __future__ import annotations

import pytest
import torch

from mlfo_mm.errors import UserError
from mlfo_mm.evaluation import nearest as module
from mlfo_mm.evaluation.nearest import nearest


def by_sorting(query, gallery, k, centre=False, exclude_self=False):
    query, gallery = query.double(), gallery.double()
    if centre:
        query, gallery = query - query.mean(0), gallery - gallery.mean(0)
    unit = torch.nn.functional.normalize
    # row by row: equal rows get equal sums
    similarity = torch.stack([(unit(q, dim=0) * unit(gallery, dim=1)).sum(1) for q in query])
    if exclude_self:
        similarity.fill_diagonal_(-torch.inf)
    return similarity.sort(dim=1, descending=True, stable=True).indices[:, :k]


@pytest.fixture(autouse=True, params=[1, 1000, 1 << 23])
def similarities(monkeypatch, request):
    """One query at a time, some, or all of them."""
    monkeypatch.setattr(module, 'SIMILARITIES', request.param)


@pytest.mark.parametrize('centre', [False, True])
@pytest.mark.parametrize(('size', 'k'), [(5, 5), (16, 1), (100, 100), (641, 20)])
def test_as_by_sorting(size, k, centre):
    torch.manual_seed(size)
    query, gallery = torch.randn(30, 12) + 0.5, torch.randn(size, 12) + 0.5
    found, _ = nearest(query, gallery, k, centre=centre)
    assert torch.equal(found, by_sorting(query, gallery, k, centre))


def test_places_and_similarities_of_crafted_rows():
    gallery = torch.tensor([[1.0, 0.0], [0.0, 2.0], [0.8, 0.6], [1.0, 0.0]])
    query = torch.tensor([[2.0, 0.0], [0.0, 1.0]])
    places, similarities = nearest(query, gallery, 3)
    assert places.tolist() == [[0, 3, 2], [1, 2, 0]]  # of two equal ones the earlier
    expected = torch.tensor([[1.0, 1.0, 0.8], [1.0, 0.6, 0.0]], dtype=torch.float64)
    torch.testing.assert_close(similarities, expected, atol=1e-7, rtol=0)
    places, similarities = nearest(query, gallery, 2, cosine=False)
    assert places.tolist() == [[0, 3], [1, 2]]
    expected = torch.tensor([[2.0, 2.0], [2.0, 0.6]], dtype=torch.float64)
    torch.testing.assert_close(similarities, expected, atol=1e-7, rtol=0)


def test_nobody_is_their_own_neighbour():
    torch.manual_seed(0)
    rows = torch.randn(150, 8)
    found, _ = nearest(rows, rows, 10, exclude_self=True)
    assert torch.equal(found, by_sorting(rows, rows, 10, exclude_self=True))
    assert not (found == torch.arange(150)[:, None]).any()
    assert torch.equal(nearest(rows, rows, 1)[0][:, 0], torch.arange(150))


@pytest.mark.parametrize('width', [8, 67, 512])
def test_twins_stand_in_the_gallerys_order(width):
    torch.manual_seed(0)
    rows = torch.randn(4, width)
    # every row 201 times: no product of matrices rounds all of them alike
    found, similarities = nearest(rows, rows.repeat(201, 1), 20)
    assert torch.equal(found, torch.arange(4)[:, None] + 4 * torch.arange(20))
    assert (similarities == similarities[:, :1]).all()


def test_of_twins_nobody_is_their_own_neighbour():
    torch.manual_seed(0)
    rows = torch.randn(4, 8).repeat(30, 1)
    found, _ = nearest(rows, rows, 20, exclude_self=True)
    assert torch.equal(found, by_sorting(rows, rows, 20, exclude_self=True))


def test_lengths_do_not_count_however_small():
    torch.manual_seed(0)
    rows = torch.randn(40, 8)
    expected = nearest(rows, rows, 5)
    places, similarities = nearest(rows * 1e-30, rows * 1e-30, 5)
    assert torch.equal(places, expected[0]) and torch.equal(places[:, 0], torch.arange(40))
    assert torch.allclose(similarities, expected[1])
    zeros = torch.zeros(3, 8)
    assert nearest(zeros, rows, 2)[1].tolist() == [[0.0, 0.0]] * 3


def test_what_float32_cannot_tell_apart_float64_does():
    torch.manual_seed(0)
    base = torch.randn(1, 64, dtype=torch.float64)
    gallery = base + 1e-4 * torch.randn(300, 64, dtype=torch.float64)  # almost collapsed
    query = base + 1e-4 * torch.randn(9, 64, dtype=torch.float64)
    assert torch.equal(nearest(query, gallery, 20)[0], by_sorting(query, gallery, 20))


@pytest.mark.parametrize(('k', 'exclude_self'), [(0, False), (11, False), (10, True)])
def test_more_neighbours_than_there_are_rows(k, exclude_self):
    rows = torch.randn(10, 4)
    with pytest.raises(ValueError, match=f'{k} neighbours of a gallery of 10'):
        nearest(rows, rows, k, exclude_self=exclude_self)


@pytest.mark.parametrize('value', [torch.nan, torch.inf])
@pytest.mark.parametrize('place', ['query', 'gallery'])
def test_features_that_are_not_finite_are_near_to_nothing(place, value):
    sets = dict(query=torch.randn(4, 3), gallery=torch.randn(5, 3))
    sets[place][1, 2] = value
    with pytest.raises(
        UserError, match=f'features of 1 of {len(sets[place])} videos are not finite'
    ):
        nearest(**sets, k=2)
