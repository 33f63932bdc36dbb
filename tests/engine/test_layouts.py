"""Names of other codes, from their networks or, where these are not at hand, from their text."""

from __future__ import annotations

import pytest
from mmaction.registry import MODELS

from mlfo_mm.engine.config import load_config
from mlfo_mm.engine.layouts import (
    LAYOUTS,
    OFFICIAL,
    PLAIN,
    TORCHVISION_R3D,
    TORCHVISION_S3D,
    detect,
)


def names(config: str, part: str = '', **options) -> list[str]:
    changed = {key.replace('__', '.'): value for key, value in options.items()}
    model = MODELS.build(load_config(f'mlfo/{config}', changed).model)
    return list((model.get_submodule(part) if part else model).state_dict())


R3D, S3D = names('r3d18@smoke', 'backbone'), names('s3d@smoke', 'backbone')
WHOLE = names('r3d18@k400+official', backbone__base_channels=4)


@pytest.mark.parametrize(
    ('layout', 'ours'),
    [(TORCHVISION_R3D, R3D), (PLAIN, R3D), (TORCHVISION_S3D, S3D), (OFFICIAL, WHOLE)],
    ids=lambda value: getattr(value, 'name', ''),
)
def test_there_and_back(layout, ours):
    theirs = {key: layout.theirs(key) for key in ours}
    named = [key for key in theirs if theirs[key]]
    # the queue, the epoch and statistics of the input have no counterpart
    assert {key.split('.')[0] for key in ours if key not in named} <= {'semantic', 'epoch'}
    assert all('queues' in key for key in ours if key not in named and key != 'epoch')
    assert [layout.ours(theirs[key]) for key in named] == named
    assert len(set(theirs.values()) - {None}) == len(named)
    assert detect([theirs[key] for key in named], LAYOUTS.values()) is layout


@pytest.mark.parametrize(
    ('layout', 'ours', 'theirs'),
    [
        (PLAIN, 'conv1.bn.weight', 'bn1.weight'),
        (PLAIN, 'layer2.0.downsample.bn.bias', 'layer2.0.downsample.1.bias'),
        (PLAIN, 'layer4.1.conv2.bn.running_var', 'layer4.1.bn2.running_var'),
        (TORCHVISION_R3D, 'conv1.conv.weight', 'stem.0.weight'),
        (TORCHVISION_R3D, 'layer4.1.conv2.bn.bias', 'layer4.1.conv2.1.bias'),
        (OFFICIAL, 'backbone.conv1.conv.weight', 'backbone.conv1.weight'),
        (OFFICIAL, 'levels.low.excitation.shift.weight', 'backbone.melow.0.conv2.weight'),
        (OFFICIAL, 'levels.mid.excitation.expand.1.bias', 'backbone.memid.0.bn3.bias'),
        (OFFICIAL, 'levels.high.projections.contrast.layers.0.bias', 'project.0.bias'),
        (OFFICIAL, 'levels.high.projections.graph.layers.2.bias', 'project_graph.2.bias'),
        (OFFICIAL, 'levels.low.projections.step.layers.2.weight', 'project_low_fine.2.weight'),
        (OFFICIAL, 'semantic.projection.layers.1.running_mean', 'project_global.1.running_mean'),
        (OFFICIAL, 'semantic.prototypes.weight', 'prototype.weight'),
    ],
)
def test_names_as_the_other_code_has_them(layout, ours, theirs):
    assert layout.theirs(ours) == theirs
    assert layout.ours(theirs) == ours


def test_what_has_no_place():
    assert PLAIN.ours('fc.weight') is None and PLAIN.drops('fc.weight')
    assert PLAIN.ours('conv1x.weight') is None
    assert not PLAIN.drops('conv1x.weight')
    assert detect(['fc.weight'], LAYOUTS.values()) is None
    assert detect(['conv1.weight', 'blocks.0.weight'], LAYOUTS.values()) is None
    assert detect([], LAYOUTS.values()) is None
