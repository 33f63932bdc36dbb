"""Channels last in memory: the same training, but for the order in which numbers are added."""

from types import SimpleNamespace

import pytest
import torch
from mmaction.registry import MODELS
from mmengine.config import Config
from mmengine.registry import HOOKS

from mlfo_mm.engine.config import load_config


def losses(config: Config, hook=None) -> tuple[list[float], torch.nn.Module]:
    """Of a few steps on random clips."""
    torch.manual_seed(0)
    model = MODELS.build(config.model).train()
    model.set_epoch(1, 2)
    if hook is not None:
        hook.before_train(SimpleNamespace(model=model))
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    clips = torch.randn(3, 4, 4, 3, 8, 32, 32)[:, :, : 3 if config.method == 'mlfo' else 2]
    found = []
    for batch in clips:
        optimizer.zero_grad()
        loss = model.parse_losses(model.loss(batch, None))[0]
        loss.backward()
        optimizer.step()
        found.append(loss.item())
    return found, model


@pytest.mark.parametrize('name', ['mlfo', 'byol'])  # one backbone, and two
def test_losses_are_the_same(name):
    plain = load_config(f'{name}/r3d18@smoke')
    changed = load_config(f'{name}/r3d18@smoke+channels_last')
    assert set(changed.default_hooks) - set(plain.default_hooks) == {'channels_last'}
    hook = HOOKS.build(changed.default_hooks.channels_last)
    expected, _ = losses(plain)
    found, model = losses(changed, hook)
    torch.testing.assert_close(found, expected, rtol=1e-3, atol=1e-4)
    level = model.extract_feat(torch.randn(2, 3, 8, 32, 32))[0]
    assert level.is_contiguous(memory_format=torch.channels_last_3d)
    kernels = [x for x in model.parameters() if x.ndim == 5 and min(x.shape) > 1]
    assert not any(kernel.is_contiguous() for kernel in kernels)
    hooked = [each for each in model.modules() if each._forward_pre_hooks]
    assert len(hooked) == (2 if name == 'byol' else 1)

    checkpoint = dict(state_dict=dict(model.state_dict()))
    hook.before_save_checkpoint(None, checkpoint)
    assert all(value.is_contiguous() for value in checkpoint['state_dict'].values())
    MODELS.build(plain.model).load_state_dict(checkpoint['state_dict'])
