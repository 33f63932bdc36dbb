"""Shares of a training step: every operation is counted once, and where it belongs."""

import sys
from pathlib import Path

import pytest
import torch
from torch import nn
from torch.profiler import profile, record_function

sys.path.append(str(Path(__file__).resolve().parents[4] / 'tools/dev/bench'))
regions = pytest.importorskip('regions')


def test_shares_of_a_step():
    backbone = nn.Sequential(nn.Conv3d(3, 4, 3, padding=1), nn.BatchNorm3d(4), nn.ReLU())
    head = nn.Sequential(nn.Conv3d(4, 4, 1), nn.BatchNorm3d(4))
    optimizer = torch.optim.Adam([*backbone.parameters(), *head.parameters()], foreach=False)
    parts = {}

    def step(clips):
        with record_function('data wait'):
            clips = clips * 2
        with record_function('step'):
            with record_function('augmentation'):
                clips = clips - clips.mean()
            with record_function('backbone'):
                maps = backbone(clips)
            loss = head(maps).square().mean()
            loss.backward()
            optimizer.step()
            loss.item()

    with profile() as profiler:
        step(torch.rand(2, 3, 4, 8, 8))
    events = list(profiler.events())
    found = regions.shares(events, gpu=False)
    assert sum(found.values()) == pytest.approx(1)
    assert {
        'data wait', 'augmentation', 'convolution forward', 'convolution backward', 'batch norm',
        'rest of the backbone', 'heads and losses', 'optimiser', 'host sync',
    } <= set(found)  # fmt: skip
    inside = regions.nodes_of_backbone(events)
    for event in events:
        parts.setdefault((event.name, regions.part_of(event, inside)), []).append(event)
    counts = {key: len(found) for key, found in parts.items()}
    assert counts['aten::mkldnn_convolution', 'convolution forward'] == 1
    assert counts['aten::convolution_backward', 'convolution backward'] == 1
    assert counts['aten::convolution_backward', 'heads and losses'] == 1
    assert counts['aten::native_batch_norm', 'batch norm'] == 1
    assert counts['aten::native_batch_norm_backward', 'batch norm'] == 1
    assert counts['aten::native_batch_norm_backward', 'heads and losses'] == 1
    assert counts['aten::threshold_backward', 'rest of the backbone'] == 1
    assert ('aten::_local_scalar_dense', 'optimiser') not in counts
