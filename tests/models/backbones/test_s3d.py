"""S3D against torchvision's, and the gates of S3D-G."""

from __future__ import annotations

import pytest
import torch
from torch.testing import assert_close
from torchvision.models.video import s3d

from mlfo_mm.models import S3D
from mlfo_mm.models.backbones.s3d import SelfGate


def test_full_width_is_torchvisions_network():
    torch.manual_seed(0)
    reference = s3d().features.eval()
    backbone = S3D().eval()
    backbone.features.load_state_dict(reference.state_dict())
    clips = torch.randn(1, 3, 16, 32, 32)
    with torch.no_grad():
        low, mid, high = backbone(clips)
        assert_close(low, reference[:7](clips))
        assert_close(mid, reference[7:13](low))
        assert_close(high, reference[13:](mid))
    # both pools of time open a level of their own
    assert [type(reference[i]).__name__ for i in (7, 13)] == ['MaxPool3d', 'MaxPool3d']


@pytest.mark.parametrize('base_channels', [4, 16, 32])
def test_every_width_is_scaled(base_channels):
    share = base_channels / 64
    full = S3D().state_dict()
    for key, value in S3D(base_channels).state_dict().items():
        for size, whole in zip(value.shape[:2], full[key].shape[:2], strict=True):
            if size != whole:  # the clip's channels stay
                # branches are rounded down one by one
                assert whole * share - 4 < size <= max(whole * share, 4)


def test_stem_without_temporal_stride():
    steps = [level.shape[2] for level in S3D(4, conv1_stride_t=1)(torch.zeros(2, 3, 8, 32, 32))]
    assert steps == [8, 4, 2]


def test_statistics_of_batch_norm_follow_a_short_training():
    torch.manual_seed(0)
    backbone, clips = S3D(4), torch.randn(2, 3, 16, 32, 32)
    with torch.no_grad():
        for _ in range(60):
            backbone(clips)
        conv, norm, _ = backbone.features[0][0]
        mean = conv(clips).mean((0, 2, 3, 4))
    assert_close(norm.running_mean, mean, rtol=0.01, atol=1e-6)


def test_gate_in_closed_form():
    torch.manual_seed(0)
    gate, features = SelfGate(3), torch.randn(2, 3, 4, 5, 6)
    for sample, gated in zip(features, gate(features), strict=True):
        means = torch.stack([channel.mean() for channel in sample])
        for channel in range(3):
            logit = gate.fc.weight[channel] @ means + gate.fc.bias[channel]
            assert_close(gated[channel], sample[channel] / (1 + torch.exp(-logit)))


def test_s3dg_gates_every_branch_and_the_stem_and_is_s3d_but_for_them():
    plain, gated = S3D(4), S3D(4, self_gating=True)
    gates = {name for name, module in gated.named_modules() if isinstance(module, SelfGate)}
    blocks = [f'features.{index}' for index in (5, 6, 8, 9, 10, 11, 12, 14, 15)]
    owners = {name.rpartition('.')[0] for name in gates}
    assert owners == {'features.3'} | {f'{b}.branch{i}' for b in blocks for i in range(4)}
    rest = [key for key in gated.state_dict() if '.fc.' not in key]
    assert rest == list(plain.state_dict())
    for name in gates:  # open gates
        gated.get_submodule(name).fc.weight.data.zero_()
        gated.get_submodule(name).fc.bias.data.fill_(100)
    gated.load_state_dict(plain.state_dict(), strict=False)
    clips = torch.randn(2, 3, 16, 32, 32)
    with torch.no_grad():
        for level, same in zip(gated.eval()(clips), plain.eval()(clips), strict=True):
            assert_close(level, same)
