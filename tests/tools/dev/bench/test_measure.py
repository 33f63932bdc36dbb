"""Ratios of sides that take turns, and the bare side of a run with a momentum encoder."""

from __future__ import annotations

import sys

import pytest

from tests.conftest import REPO

sys.path.append(str(REPO / 'tools/dev/bench'))
measure = pytest.importorskip('measure')
run_cost = pytest.importorskip('run_cost')


def test_a_machine_that_slows_down_does_not_change_a_ratio():
    wall = dict(step=[2.0, 4.0, 9.0], backbone=[1.0, 2.0, 4.5])
    times = measure.Times(wall, dict(step=[3.0, 9.0, 9.0], backbone=[1.0, 2.0, 9.0]))
    assert times.ratio('step', 'backbone') == 2.0
    assert times.cpu_ratio('step', 'backbone') == 3.0


def test_backbone_alone_repeats_the_passes_of_a_step(digits):
    sides = run_cost.Sides('moco/r3d18@smoke')
    assert [gradient for _, _, gradient in sides.calls] == [True, False]
    sides.step()
    sides.backbone()
    query, key = (module for module, _, _ in sides.calls)
    assert any(p.grad is not None for p in query.parameters())
    assert all(p.grad is None for p in key.parameters())
