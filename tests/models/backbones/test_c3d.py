"""C3D against MMAction2's."""

from __future__ import annotations

import torch
from mmaction.models import C3D
from torch.testing import assert_close

from mlfo_mm.models import C3DLevels


def test_full_width_is_mmactions_network_without_its_classifier():
    torch.manual_seed(0)
    reference = C3D(norm_cfg=dict(type='BN3d'), out_dim=1).eval()
    backbone = C3DLevels().eval()
    weights = {k: v for k, v in reference.state_dict().items() if not k.startswith('fc')}
    backbone.load_state_dict(weights)
    clips = torch.randn(1, 3, 8, 16, 16)
    features, expected = clips, []
    with torch.no_grad():
        for name, layer in reference.named_children():
            if name == 'pool5':
                break
            features = layer(features)
            if name in ('conv3b', 'conv4b', 'conv5b'):
                expected.append(features)
        for level, reference_level in zip(backbone(clips), expected, strict=True):
            assert_close(level, reference_level)


def test_second_pooling_without_temporal_stride():
    levels = C3DLevels(4, pool2_stride_t=1)(torch.zeros(2, 3, 8, 32, 32))
    assert [level.shape[1:] for level in levels] == [(16, 8, 8, 8), (32, 4, 4, 4), (32, 2, 2, 2)]
