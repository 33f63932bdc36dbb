"""The two files of the tutorial for a method's author train."""

from __future__ import annotations

import shutil
import sys
import types

import pytest
import torch
from mmaction.registry import MODELS

import mlfo_mm.models
from mlfo_mm.engine.config import load_config
from tests.conftest import REPO
from tests.docs.pages import blocks

PAGE = (REPO / 'docs/tutorials/method_author.md').read_text(encoding='utf-8')
NAME = 'BarlowTwins'


@pytest.fixture
def recipe(tmp_path, monkeypatch):
    """The files of the page, in a copy of the configs and in a module of their own."""
    code, recipe = blocks(PAGE, 'python')
    module = types.ModuleType('tutorial')
    monkeypatch.setitem(sys.modules, 'tutorial', module)
    exec(code, vars(module))
    monkeypatch.setattr(mlfo_mm.models, NAME, vars(module)[NAME], raising=False)
    configs = tmp_path / 'configs'
    shutil.copytree(REPO / 'configs', configs)
    path = configs / 'barlow_twins/r3d18_k400.py'
    path.parent.mkdir()
    path.write_text(recipe)
    yield path
    MODELS.module_dict.pop(NAME)


def test_the_method_of_the_tutorial_learns(recipe):
    published = load_config(str(recipe))
    assert published.model.projection.out_channels == 2048
    config = load_config(f'{recipe}@smoke')
    assert config.method == 'barlow_twins' and config.model.projection.out_channels == 16
    torch.manual_seed(0)
    model = MODELS.build(config.model)
    inputs = torch.randn(8, 2, 3, config.clip_len, config.crop_size, config.crop_size)
    inputs[:, 1] = inputs[:, 0] + 0.1 * torch.randn_like(inputs[:, 0])
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
    losses = []
    for _ in range(8):
        terms, _ = model.parse_losses(model.loss(inputs))
        optimizer.zero_grad()
        terms.backward()
        optimizer.step()
        losses.append(terms.item())
    assert losses[-1] < 0.8 * losses[0]
    assert model.embed(inputs[:, 0]).instance.shape == (8, 16)
