"""A level of MLFO: what its excitation's batch norm sees."""

from __future__ import annotations

import pytest
import torch
from torch.testing import assert_close

from mlfo_mm.models import MotionDiscriminationLoss, MotionExcitation, TimestampRetrievalLoss
from mlfo_mm.models.recognizers.mlfo_level import MLFOLevel
from mlfo_mm.models.recognizers.mlfo_views import augment_time

BOTH = {'motion', 'retrieval'}


def level(**changes) -> MLFOLevel:
    torch.manual_seed(0)
    return MLFOLevel(
        8,
        4,
        excitation=dict(type=MotionExcitation, reduction=4),
        motion=dict(type=MotionDiscriminationLoss),
        retrieval=dict(type=TimestampRetrievalLoss),
        **changes,
    )


def features(clips: int, steps: int = 4) -> torch.Tensor:
    return torch.randn(clips, 8, steps, 3, 3, generator=torch.Generator().manual_seed(clips))


@pytest.mark.parametrize(
    ('augment_long', 'terms', 'steps', 'sizes'),
    [
        (False, BOTH, 4, [3 * 6 + 3]),  # short clips, their two augmented versions, long clips
        (True, BOTH, 4, [3 * 6 + 3 * 3]),
        (True, BOTH, 8, [3 * 6, 3 * 3]),  # long clips in full: a pass of their own
        (True, {'retrieval'}, 4, [6 + 3]),
        (True, {'motion'}, 4, [3 * 6]),
        (True, set(), 4, []),
    ],
)
def test_what_the_excitation_sees(augment_long, terms, steps, sizes):
    tested, seen = level(augment_long=augment_long), []
    tested.excitation.register_forward_hook(lambda module, args, out: seen.append(len(args[0])))
    found = tested.embed(terms, features(6), features(3, steps), ('reverse', 'shuffle'))
    assert seen == sizes
    wanted = {'motion': {'contrast', 'augmented'}, 'retrieval': {'short_steps', 'long_steps'}}
    assert found.keys() == set().union(*(wanted[term] for term in terms))
    if 'retrieval' in terms:
        assert found['long_steps'].shape == (3, 4, steps)


def test_augmented_long_clips_change_nothing_but_the_statistics():
    short, long = features(6), features(3)
    plain, other = (level(augment_long=value) for value in (False, True))
    before, after = (each.embed(BOTH, short, long, ('reverse',)) for each in (plain, other))
    assert not torch.allclose(before['long_steps'], after['long_steps'])
    by_hand = level()
    parts = [short, short.flip(2), long, augment_time(long, 'reverse')]
    excited = by_hand.excitation(torch.cat(parts)).split([6, 6, 3, 3])
    assert_close(after['long_steps'], by_hand.projections['step'](excited[2]))
    for each in (plain, other):
        each.load_state_dict(plain.state_dict())
        each.eval()
    before, after = (each.embed(BOTH, short, long, ('reverse',)) for each in (plain, other))
    for key, value in before.items():
        assert_close(after[key], value)


def test_augmented_clips_stand_for_augmented_features():
    tested, seen = level(augment_long=True), []
    tested.excitation.register_forward_hook(lambda module, args, out: seen.append(len(args[0])))
    tested.embed(BOTH, features(6), features(3), ('reverse',), augmented=features(12))
    assert seen == [6 + 12 + 3]


def test_when_terms_begin():
    tested = MLFOLevel(
        8,
        4,
        instance=dict(type=MotionDiscriminationLoss),
        motion=dict(type=MotionDiscriminationLoss),
        retrieval=dict(type=TimestampRetrievalLoss, begin_epoch=1),
    )
    found = [tested.begun(epoch, second_stage=2) for epoch in range(3)]
    assert found == [{'instance'}, {'instance', 'retrieval'}, {'instance', 'motion', 'retrieval'}]
