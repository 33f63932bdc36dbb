"""How variants are printed."""

from __future__ import annotations

import pytest

from mlfo_mm.study.experiments import EXPERIMENTS, SWEPT_KEYS
from mlfo_mm.study.identity import is_padded
from mlfo_mm.study.names import SWEEPS, variant_name


@pytest.mark.parametrize(
    ('key', 'printed'),
    [
        ('no_lower', 'no graph terms'),
        ('official+time_replicate', 'official, replicate padding'),
        ('prototypes_4', 'K = 4'),
        ('first_stage_10', 'E = 10 %'),
        ('prototypes_*', 'K = *'),
        ('prototypes_x', 'prototypes_x'),
        ('my_own', 'my_own'),
    ],
)
def test_what_is_not_known_stands_for_itself(key, printed):
    assert variant_name(key) == printed


def test_every_ablation_has_a_printed_name():
    assert set(SWEEPS) == set(SWEPT_KEYS)
    keys = {row.variant for row in EXPERIMENTS if row.variant and not row.untrained}
    assert not [key for key in keys if '_' in variant_name(key) and not is_padded(key)]
