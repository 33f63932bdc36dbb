"""What ``docs/gpu.md`` says is what the code computes."""

from __future__ import annotations

import sys

import pytest

from mlfo_mm.benchmark.arithmetic import CORES, networks
from tests.conftest import REPO

sys.path.append(str(REPO / 'tools/dev'))
make_gpu_page = pytest.importorskip('make_gpu_page')


def test_hours_are_the_slower_of_computing_and_decoding():
    share = make_gpu_page.SHARE * make_gpu_page.PEAK
    rate = make_gpu_page.decode_rate()
    computed, decoded = make_gpu_page.hours(240e9 * 24e6, 24e6, 1, rate)
    assert computed == pytest.approx(240e9 * 24e6 / share / 3600)
    assert decoded == pytest.approx(24e6 / (CORES * rate) / 3600)
    eighth = make_gpu_page.hours(240e9 * 24e6, 24e6, 8, rate)
    assert eighth == pytest.approx((computed / 8, decoded / 8))


def test_the_page_has_the_stored_estimates_of_memory_and_the_rate_of_a_core():
    page = (REPO / 'docs/gpu.md').read_text()
    assert make_gpu_page.memory_table() in page
    assert f'{make_gpu_page.decode_rate():.1f} samples a second and core' in page


def test_multiply_adds_of_the_page():
    one = make_gpu_page.gmacs('r3d18', 16, 112)
    page = (REPO / 'docs/gpu.md').read_text()
    line = next(
        line for line in page.splitlines() if line.startswith('| MLFO') and '| R3D-18 |' in line
    )
    assert f'| {3 * 3 * 2 * one:.0f} |' in line  # three clips, forward and backward
    counted = networks()[0]
    assert counted.gflop_video == pytest.approx(3 * 3 * 2 * one, abs=0.1)
    assert counted.gflop_clip == pytest.approx(2 * one, abs=0.01)
