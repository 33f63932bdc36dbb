"""Monitors under their bounds, in lines that name them."""

from __future__ import annotations

from torch import nn

from mlfo_mm.engine.monitors import (
    PATIENCE,
    bounds_of,
    collapsed,
    findings,
    reference,
    references,
    spreads,
)
from mlfo_mm.models.utils import COLLAPSE, Bound, TermBound

BOUNDS = {
    'stat_std_contrast_mid': COLLAPSE,
    'stat_used': Bound(10.24, 'prototypes died out'),
    'stat_edges_mid': Bound(1 + 1e-6, 'graph without edges'),
}
TERMS = {
    'loss_motion_mid': TermBound(3, 0.5, 'the ends of a clip'),
    'loss_forward': TermBound(256, 1.0, 'position', 64),
    'loss_speed': TermBound(2),
    'loss_place': TermBound(1, 0.5, value=8.0, guess='what standing still has'),
}
STD = dict.fromkeys(('stat_std', 'stat_std_a', 'stat_std_b'), COLLAPSE)


def test_nothing_to_say():
    curves = {
        'epoch': [1, 2],
        'loss': [3.0, 0.001],
        'stat_std_contrast_mid': [0.027, 0.2],
        'stat_used': [11.0, 40.0],
        'stat_edges_mid': [None, 1.02],
        'stat_other': [0.0, 0.0],
    }
    assert findings(curves, BOUNDS) == []
    assert findings({}, BOUNDS) == []


def test_each_finding_names_its_epochs():
    curves = {
        'epoch': [1, 2, 3, 4, 5],
        'stat_std_contrast_mid': [0.009, 0.008, 0.3, None, 0.0],
        'stat_used': [12.0, 10.0, 10.3, 9.0, 60.0],
        'stat_edges_mid': [None, 1.0, 1.0, 1.0, 1.2],
    }
    assert findings(curves, BOUNDS) == [
        'embeddings collapsed: stat_std_contrast_mid under 0.01 in epochs 1-2, 5',
        'prototypes died out: stat_used under 10.24 in epochs 2, 4',
        'graph without edges: stat_edges_mid under 1 in epochs 2-4',
    ]


def test_a_model_is_asked_for_its_bounds():
    class Model(nn.Linear):
        def monitor_bounds(self, batch_size):
            return {'stat_used': Bound(batch_size, 'few')}

    assert bounds_of(Model(1, 1), 8) == {'stat_used': Bound(8, 'few')}
    assert bounds_of(nn.Linear(1, 1), 8) == {}


def test_spreads_are_bounds_of_embeddings_that_were_logged():
    curves = {'epoch': [1], 'stat_std_contrast_mid': [0.2], 'stat_used': [9.0], 'stat_std': [0.1]}
    assert spreads(curves, BOUNDS) == ['stat_std_contrast_mid']


def test_a_run_is_lost_when_nothing_is_told_apart():
    low, high = [0.3] + [0.001] * PATIENCE, [0.5] * (PATIENCE + 1)
    assert collapsed({'stat_std': low}, STD)
    assert collapsed({'stat_std_a': low, 'stat_std_b': low, 'stat_edges_low': high}, STD)
    assert not collapsed({'stat_std_a': low, 'stat_std_b': high}, STD)
    assert not collapsed({'stat_std': low[:-1]}, STD)
    assert not collapsed({'stat_std': [0.001] * (PATIENCE - 1)}, STD)
    assert not collapsed({'stat_std': [*low, 0.02]}, STD)
    assert not collapsed({'stat_std': [None] * PATIENCE}, STD)
    assert not collapsed({}, STD)


def states(**losses):
    epochs = max(map(len, losses.values()))
    curves = {'epoch': list(range(1, epochs + 1))}
    return findings(curves | {f'loss_{name}': values for name, values in losses.items()}, TERMS)


def test_a_term_that_is_solved_says_since_when():
    solved = 'motion_mid: solved (the ends of a clip suffice), loss'
    assert states(motion_mid=[0.003, 0.0, 0.0002]) == [f'{solved} 0.000 since epoch 1']
    assert states(motion_mid=[None, 0.3, 0.001]) == [f'{solved} 0.001 since epoch 3']
    # 0.01 of 0.5 ln 3 = 0.5493
    assert states(motion_mid=[0.4, 0.0054, 0.0055, 0.005]) == [f'{solved} 0.005 since epoch 4']
    assert states(motion_mid=[0.4, 0.004, 0.3, 0.4]) == [f'{solved} 0.004 in epoch 2']
    assert states(speed=[0.3, 0.001]) == ['speed: solved, loss 0.001 since epoch 2']


def test_a_term_that_a_shortcut_alone_explains():
    line = 'forward: no better than by position alone, loss'
    # 0.02 of ln 256 = 5.545 about ln 64 = 4.159
    assert states(forward=[5.545, 4.28, 4.26, 4.10]) == [f'{line} 4.100 at ln 64 since epoch 3']
    assert states(forward=[5.5, 4.2, 4.16, 3.9]) == [f'{line} 4.160 at ln 64 in epochs 2-3']
    assert states(forward=[5.5, 4.9, 3.9]) == []


def test_a_term_that_is_not_learned_is_one_in_the_end():
    assert states(speed=[0.7, 0.69, 0.685]) == [
        'speed: not learned, loss 0.685 at ln 2 since epoch 1'
    ]
    assert states(speed=[0.69, 0.6, 0.5]) == []
    assert states(motion_mid=[0.55, 0.5, 1.1]) == [
        'motion_mid: not learned, loss 1.100 above 0.5 ln 3 since epoch 3'
    ]
    assert states(speed=[None, None]) == []
    assert states(place=[4.5, 3.99]) == [
        'place: not learned, loss 3.990 at what standing still has since epoch 1'
    ]


def test_a_loss_stands_beside_what_it_is_by_chance_and_by_a_shortcut():
    assert reference('loss_forward', 5.5, TERMS['loss_forward']) == (
        'forward: loss 5.500, by chance 5.545 (ln 256), by position alone 4.159'
    )
    assert reference('loss_speed', 0.7, TERMS['loss_speed']) == (
        'speed: loss 0.700, by chance 0.693 (ln 2)'
    )
    assert reference('loss_place', 4.2, TERMS['loss_place']) == (
        'place: loss 4.200, by chance 4.000 (what standing still has)'
    )
    assert references(TERMS | BOUNDS) == {
        'loss_motion_mid': dict(
            chance=0.549306, candidates=3, shortcut='the ends of a clip', reaches=0.0
        ),
        'loss_forward': dict(
            chance=5.545177, candidates=256, shortcut='position', reaches=4.158883
        ),
        'loss_speed': dict(chance=0.693147, candidates=2),
        'loss_place': dict(chance=4.0),
    }


def test_a_model_is_told_what_was_shown():
    class Model(nn.Linear):
        def monitor_bounds(self, batch_size):
            return {'loss_a': TermBound(self.shown[0])}

    assert bounds_of(Model(1, 1), 8, [3, 3, 8, 32, 32]) == {'loss_a': TermBound(3)}
