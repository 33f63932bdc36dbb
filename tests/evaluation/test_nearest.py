"""Neighbours are those of a float64 sort, whatever float32 makes of the similarities."""

from __future__ import annotations

import pytest
import torch

from mlfo_mm.evaluation import nearest as module
from mlfo_mm.evaluation.nearest import nearest


def by_sorting(query, gallery, k, centre=False, exclude_self=False):
    query, gallery = query.double(), gallery.double()
    if centre:
        query, gallery = query - query.mean(0), gallery - gallery.mean(0)
    unit = torch.nn.functional.normalize
    similarity = unit(query, dim=1) @ unit(gallery, dim=1).T
    if exclude_self:
        similarity.fill_diagonal_(-torch.inf)
    return similarity.sort(dim=1, descending=True, stable=True).indices[:, :k]


@pytest.fixture(autouse=True, params=[False, True], ids=['float32', 'bfloat16'])
def small_steps(monkeypatch, request):
    """Several products and parts for a few hundred rows."""
    monkeypatch.setattr(module, 'has_fast_bfloat16', lambda device: request.param)
    monkeypatch.setattr(module, 'QUERIES', 32)
    monkeypatch.setattr(module, 'ROWS', 64)
    monkeypatch.setattr(module, 'ELEMENTS', 20_000)


@pytest.mark.parametrize('centre', [False, True])
@pytest.mark.parametrize(('size', 'k'), [(5, 5), (16, 1), (100, 100), (641, 20), (1000, 7)])
def test_as_by_sorting(size, k, centre):
    torch.manual_seed(size)
    query, gallery = torch.randn(70, 12) + 0.5, torch.randn(size, 12) + 0.5
    found = nearest(query, gallery, k, centre)
    assert torch.equal(found, by_sorting(query, gallery, k, centre))


def test_nobody_is_their_own_neighbour():
    torch.manual_seed(0)
    rows = torch.randn(300, 8)
    found = nearest(rows, rows, 10, exclude_self=True)
    assert torch.equal(found, by_sorting(rows, rows, 10, exclude_self=True))
    assert not (found == torch.arange(300)[:, None]).any()
    assert torch.equal(nearest(rows, rows, 1)[:, 0], torch.arange(300))


def test_twins_stand_in_the_gallerys_order():
    torch.manual_seed(0)
    rows = torch.randn(4, 8)
    gallery = rows.repeat(200, 1)  # every row 200 times
    found = nearest(rows, gallery, 20)
    assert torch.equal(found, torch.arange(4)[:, None] + 4 * torch.arange(20))


def test_of_twins_nobody_is_their_own_neighbour():
    torch.manual_seed(0)
    rows = torch.randn(4, 8).repeat(75, 1)
    found = nearest(rows, rows, 20, exclude_self=True)
    assert torch.equal(found, by_sorting(rows, rows, 20, exclude_self=True))


def test_what_float32_cannot_tell_apart_float64_does():
    torch.manual_seed(0)
    base = torch.randn(1, 64, dtype=torch.float64)
    gallery = base + 1e-4 * torch.randn(900, 64, dtype=torch.float64)  # almost collapsed
    query = base + 1e-4 * torch.randn(9, 64, dtype=torch.float64)
    assert torch.equal(nearest(query, gallery, 20), by_sorting(query, gallery, 20))


@pytest.mark.parametrize(('k', 'exclude_self'), [(0, False), (11, False), (10, True)])
def test_more_neighbours_than_there_are_rows(k, exclude_self):
    rows = torch.randn(10, 4)
    with pytest.raises(ValueError, match=f'{k} neighbours of a gallery of 10'):
        nearest(rows, rows, k, exclude_self=exclude_self)
