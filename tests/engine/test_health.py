"""Monitors under their bounds, in lines that name them."""

from __future__ import annotations

from mlfo_mm.engine.health import PATIENCE, collapsed, findings

MODEL = dict(
    prototypes=dict(num_prototypes=1000),
    levels=dict(
        low=dict(graph=dict(kind='one_hot')), mid=dict(graph=dict(kind='combined')), high=None
    ),
)


def test_nothing_to_say():
    curves = {
        'epoch': [1, 2],
        'loss': [3.0, 0.001],
        'stat_std_contrast_low': [0.027, 0.2],
        'stat_prototypes_used': [11.0, 40.0],
        'stat_edges_low': [1.0, 1.0],
        'stat_edges_mid': [None, 1.02],
        'stat_other': [0.0, 0.0],
    }
    assert findings(curves, MODEL, 256) == []
    assert findings({}, MODEL, 256) == []


def test_each_finding_names_its_epochs():
    curves = {
        'epoch': [1, 2, 3, 4, 5],
        'stat_std_contrast_mid': [0.009, 0.008, 0.3, None, 0.0],
        'stat_prototypes_used': [12.0, 10.0, 10.3, 9.0, 60.0],
        'stat_certainty': [0.08, 0.02, 0.009, 0.0, 0.1],
        'stat_edges_mid': [None, 1.0, 1.0, 1.0, 1.2],
    }
    assert findings(curves, MODEL, 256) == [
        'embeddings collapsed: stat_std_contrast_mid under 0.01 in 1-2, 5 of 5 epochs',
        'prototypes died out: stat_prototypes_used under 10.24 in 2, 4 of 5 epochs',
        'clips are not told apart by their prototypes: stat_certainty under 0.01 in 3-4 of 5 epochs',
        'graph without edges: stat_edges_mid under 1 in 2-4 of 5 epochs',
    ]


def test_few_prototypes_are_no_fault_of_a_small_batch():
    few = {'epoch': [1], 'stat_prototypes_used': [2.0]}
    assert findings(few, dict(prototypes=dict(num_prototypes=8)), 4) == []
    one = {'epoch': [1], 'stat_prototypes_used': [1.0]}
    assert 'under 2 in 1 of 1' in findings(one, dict(prototypes=dict(num_prototypes=8)), 4)[0]


def test_a_run_is_lost_when_nothing_is_told_apart():
    low, high = [0.3] + [0.001] * PATIENCE, [0.5] * (PATIENCE + 1)
    assert collapsed({'stat_std': low})
    assert collapsed({'stat_std_a': low, 'stat_std_b': low, 'stat_edges_low': high})
    assert not collapsed({'stat_std_a': low, 'stat_std_b': high})
    assert not collapsed({'stat_std': low[:-1]})
    assert not collapsed({'stat_std': [0.001] * (PATIENCE - 1)})
    assert not collapsed({'stat_std': [*low, 0.02]})
    assert not collapsed({'stat_std': [None] * PATIENCE})
    assert not collapsed({})
