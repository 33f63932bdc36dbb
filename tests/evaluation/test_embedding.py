"""Maps of a trial's test videos: by the features that retrieval compares."""

from __future__ import annotations

import builtins

import numpy as np
import pytest

from mlfo_mm.errors import UserError
from mlfo_mm.evaluation.embedding import embed, in_the_plane
from mlfo_mm.evaluation.evaluate import evaluate
from mlfo_mm.evaluation.trial import prepare


def test_directions_count_and_lengths_do_not():
    rng = np.random.default_rng(0)
    rows = np.repeat(np.eye(6)[:2], 5, axis=0) + 0.01 * rng.normal(size=(10, 6))
    for method in ('pca', 'tsne'):
        points = in_the_plane(rows, method)
        assert points.shape == (10, 2) and np.isfinite(points).all()
        one, other = points[:5], points[5:]
        apart = np.linalg.norm(one[:, None] - other[None], axis=2).min()
        assert apart > np.linalg.norm(one[:, None] - one[None], axis=2).max()
        scaled = in_the_plane(rows * rng.uniform(1, 9, (10, 1)), method)
        assert np.allclose(scaled, points, atol=1e-2 * abs(points).max())


def test_what_cannot_be_mapped(monkeypatch):
    with pytest.raises(UserError, match='needs 4 test videos, there are 3'):
        in_the_plane(np.eye(3), 'tsne')
    for method in ('tsne', 'pca'):  # scikit-learn's t-SNE would end the process
        for rows in (np.zeros((6, 3)), np.outer(np.arange(1, 7), np.ones(3))):
            with pytest.raises(
                UserError, match='the features of all 6 videos are the same: the we'
            ):
                in_the_plane(rows, method)
    real = builtins.__import__

    def without(name, *args, **kwargs):
        if name == 'umap':
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, '__import__', without)
    with pytest.raises(UserError, match='umap-learn is not installed: pip install umap-learn'):
        in_the_plane(np.eye(5), 'umap')


def test_the_neighbours_are_those_of_retrieval(request_for, tmp_path, capsys):
    request = request_for('retrieval')
    found = embed(prepare(request), 'high', 'pca', 3, 2)
    assert found.points.shape == (4, 2)
    assert [len(near) for near in found.neighbours] == [3] * 4
    assert found.videos == [f'test_g{n // 2:02}_c{n}.mp4' for n in range(4)]
    assert all(path.startswith('train_g') for near in found.neighbours for path, _, _ in near)
    assert [len(each['instance']) for each in found.queries] == [3, 3]
    record, _ = evaluate(request, tmp_path / 'results')
    assert record.metrics['R@1'] == found.found[0]
    assert 'features of pair test: reusing' in capsys.readouterr().out
    low = embed(prepare(request), 'low', 'pca', 9, 1)
    assert len(low.neighbours[0]) == 6  # all that there are
    assert not np.allclose(low.points, found.points)
