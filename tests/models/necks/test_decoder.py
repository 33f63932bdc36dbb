"""The decoder gives frames of any size that is asked for, from the map of any backbone."""

from __future__ import annotations

import pytest
import torch

from mlfo_mm.models import VideoDecoder


@pytest.mark.parametrize(
    ('shape', 'strides', 'size'),
    [
        ((2, 7, 7), (2, 2, 2, 2), (32, 112, 112)),  # the authors' networks
        ((2, 4, 4), (2, 2, 2, 2), (32, 112, 112)),  # R3D-18
        ((2, 1, 1), (1, 2, 2, 2), (16, 32, 32)),
        ((3, 2, 2), (2, 2, 1, 1), (10, 36, 20)),
    ],
)
def test_size_is_the_one_asked_for(shape, strides, size):
    torch.manual_seed(0)
    decoder = VideoDecoder(6, (4, 4, 2, 2), strides)
    frames = decoder(torch.randn(2, 6, *shape), size)
    assert frames.shape == (2, 3, *size)
    assert frames.min() == 0 and frames.std() > 0.1
    assert VideoDecoder(6, (4, 4, 2, 2), strides, rectify=False)(
        torch.randn(2, 6, *shape), size
    ).min() < 0  # fmt: skip


def test_a_map_that_fits_is_not_interpolated():
    torch.manual_seed(0)
    decoder = VideoDecoder(3, (4, 4, 2, 2)).eval()
    x = torch.randn(1, 3, 1, 2, 2)
    wanted = decoder.first(x)
    for up, conv in zip(decoder.up, [*decoder.convs, decoder.last], strict=True):
        wanted = conv(up(wanted))
    assert torch.equal(decoder(x, (16, 32, 32)), wanted)


def test_four_values_each():
    with pytest.raises(ValueError, match='each has four values'):
        VideoDecoder(3, (4, 4, 2))
