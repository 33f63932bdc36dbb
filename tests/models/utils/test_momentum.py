"""The running average against its formula, its schedule, and its state."""

from __future__ import annotations

import math

import pytest
import torch
from torch import nn

from mlfo_mm.models.utils import MomentumEncoder
from mlfo_mm.models.utils.momentum import cosine_momentum


class Levels(nn.Module):
    """Stands for a backbone: two levels, the last of which goes on."""

    def __init__(self) -> None:
        super().__init__()
        self.norm = nn.BatchNorm1d(3)

    def forward(self, x):
        return x, self.norm(x)


def parts() -> list[nn.Module]:
    return [Levels(), nn.Linear(3, 2)]


def randomise(modules: list[nn.Module]) -> None:
    for module in modules:
        for parameter in module.parameters():
            nn.init.normal_(parameter)
    modules[0].norm.running_mean.normal_()


def weights(encoder: MomentumEncoder) -> list[torch.Tensor]:
    return [p.clone() for p in encoder.average.module.parameters()]


def test_follows_the_formula_from_a_copy_on():
    sources = parts()
    encoder = MomentumEncoder(sources, momentum=0.75)
    assert not [p for p in encoder.parameters() if p.requires_grad]
    randomise(sources)  # as init_weights does after the encoder was built
    encoder.update(sources, progress=0.0)
    expected = [p.clone() for module in sources for p in module.parameters()]
    for step in range(3):
        assert all(map(torch.equal, weights(encoder), expected)) or step
        randomise(sources)
        encoder.update(sources, progress=0.5)
        new = [p for module in sources for p in module.parameters()]
        expected = [0.75 * a + 0.25 * b for a, b in zip(expected, new, strict=True)]
        for ours, theirs in zip(weights(encoder), expected, strict=True):
            torch.testing.assert_close(ours, theirs)
        assert torch.equal(
            encoder.average.module[0].norm.running_mean, sources[0].norm.running_mean
        )


def test_chain_hands_the_last_level_on_without_gradient():
    sources = parts()
    encoder = MomentumEncoder(sources)
    encoder.update(sources, 0.0)
    x = torch.randn(4, 3, requires_grad=True)
    out = encoder.eval()(x)
    torch.testing.assert_close(out, sources[1](sources[0].eval()(x)[1]).detach())
    assert not out.requires_grad


def test_cosine_goes_from_start_to_end():
    # BYOL, Sec. 3.1: 1 - (1 - start) * (cos(pi k / K) + 1) / 2
    for k in range(11):
        expected = 1 - (1 - 0.996) * (math.cos(math.pi * k / 10) + 1) / 2
        assert cosine_momentum(0.996, 1.0, k / 10) == pytest.approx(expected)
    assert cosine_momentum(0.99, 0.99, 0.3) == pytest.approx(0.99)


def test_at_the_end_of_the_cosine_nothing_moves():
    sources = parts()
    encoder = MomentumEncoder(sources, momentum=0.9, end_momentum=1.0)
    encoder.update(sources, 0.0)
    before = weights(encoder)
    randomise(sources)
    encoder.update(sources, 1.0)
    assert all(map(torch.equal, weights(encoder), before))
    encoder.update(sources, 0.0)
    assert not torch.equal(weights(encoder)[-1], before[-1])


def test_state_survives_a_checkpoint():
    sources = parts()
    encoder, restored = MomentumEncoder(sources), MomentumEncoder(parts())
    encoder.update(sources, 0.0)
    randomise(sources)
    restored.load_state_dict(encoder.state_dict())
    for each in (encoder, restored):
        each.update(sources, 0.0)
    assert all(map(torch.equal, weights(encoder), weights(restored)))


def test_follows_after_a_move_to_another_type():
    sources = parts()
    encoder = MomentumEncoder(sources, momentum=0.5)
    for module in (*sources, encoder):
        module.double()
    encoder.update(sources, 0.0)
    randomise(sources)
    encoder.update(sources, 0.0)
    assert {p.dtype for p in weights(encoder)} == {torch.float64}
    assert not torch.equal(weights(encoder)[-1], sources[1].bias)


def test_follows_after_batch_norm_is_synchronised():
    model = nn.ModuleDict(dict(sources=nn.ModuleList(parts())))
    model['encoder'] = MomentumEncoder(list(model['sources']), momentum=0.5)
    model = nn.SyncBatchNorm.convert_sync_batchnorm(model)
    sources, encoder = list(model['sources']), model['encoder']
    assert isinstance(encoder.average.module[0].norm, nn.SyncBatchNorm)
    encoder.update(sources, 0.0)
    randomise(sources)
    before = weights(encoder)[0]
    encoder.update(sources, 0.0)
    torch.testing.assert_close(weights(encoder)[0], (before + sources[0].norm.weight) / 2)


@pytest.mark.parametrize('momentum', [dict(momentum=1.0), dict(momentum=0.0), dict(end_momentum=2)])
def test_errors(momentum):
    with pytest.raises(ValueError, match='momentum must be in'):
        MomentumEncoder(parts(), **momentum)
