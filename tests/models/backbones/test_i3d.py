"""I3D: the released network's layers, and S3D's where a convolution comes apart."""

from __future__ import annotations

from collections import Counter

import torch
from torch import nn
from torch.testing import assert_close

from mlfo_mm.models import I3D, S3D
from mlfo_mm.models.backbones.i3d import whole


def test_a_whole_convolution_computes_what_its_pair_did():
    torch.manual_seed(0)
    pair = S3D(8, conv1_stride_t=2).features[0].eval()
    single = whole(pair)
    (space, norm, _), (time, *_) = pair
    norm.running_var.fill_(1 - norm.eps)
    single[0].weight.data = torch.einsum(
        'omt,mihw->oithw', time.weight[..., 0, 0], space.weight[:, :, 0]
    )
    clips = torch.randn(1, 3, 9, 16, 16)
    pair[0][2] = nn.Identity()  # with a ReLU in between they would differ
    with torch.no_grad():
        assert_close(single(clips), pair(clips), rtol=1e-4, atol=1e-4)


def test_convolutions_and_poolings_are_those_of_the_paper():
    backbone = I3D(8)
    kernels = [m.kernel_size for m in backbone.modules() if isinstance(m, nn.Conv3d)]
    # the stem; one before the blocks and two in each of the nine; one, and four
    counts = {(7, 7, 7): 1, (3, 3, 3): 1 + 9 * 2, (1, 1, 1): 1 + 9 * 4}
    assert Counter(kernels) == counts
    pools = [backbone.features[index] for index in (1, 4, 7, 13)]
    spatial = ((1, 3, 3), (1, 2, 2))
    assert [(pool.kernel_size, pool.stride) for pool in pools] == [spatial, spatial, (3, 2), (2, 2)]


def test_stem_without_temporal_stride():
    steps = [level.shape[2] for level in I3D(4, conv1_stride_t=1)(torch.zeros(2, 3, 8, 32, 32))]
    assert steps == [8, 4, 2]
