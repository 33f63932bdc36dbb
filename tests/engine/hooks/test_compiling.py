"""A compiled backbone computes what it did."""

from types import SimpleNamespace

import torch
from mmaction.registry import MODELS
from mmengine.registry import HOOKS

from mlfo_mm.engine.config import load_config


def test_losses_are_the_same():
    config = load_config('byol/r3d18@smoke+compile')
    hook = HOOKS.build(
        dict(config.default_hooks.compile, backend='eager')
    )  # traced, not translated
    clips, found = torch.randn(2, 2, 3, 8, 32, 32), []
    for compiled in (False, True):
        torch.manual_seed(0)
        model = MODELS.build(config.model).train()
        names = set(model.state_dict())
        if compiled:
            hook.before_train(SimpleNamespace(model=model))
        loss = model.parse_losses(model.loss(clips, None))[0]
        loss.backward()
        gradient = next(model.backbone.parameters()).grad
        found.append((loss.detach(), gradient))
        assert set(model.state_dict()) == names
    compiled = [each for each in model.modules() if each._compiled_call_impl is not None]
    assert len(compiled) == 2  # the encoder and the one that follows it
    torch.testing.assert_close(*found)
