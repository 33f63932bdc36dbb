"""The modes that every recognizer has."""

from __future__ import annotations

import pytest
import torch
from mmaction.registry import MODELS

from mlfo_mm import models
from mlfo_mm.engine.config import load_config
from mlfo_mm.models import SelfSupervisedRecognizer, recognizers


def test_features_are_those_of_all_views_and_other_modes_are_refused():
    config = load_config('simclr/r3d18@smoke')
    model = MODELS.build(config.model).eval()
    inputs = torch.randn(2, 3, 3, 4, 16, 16)
    with torch.no_grad():
        expected = model.extract_feat(inputs.flatten(0, 1))
        for mode in ('tensor', 'predict'):
            levels = model(inputs, mode=mode)
            assert len(levels) == 3
            for level, right in zip(levels, expected, strict=True):
                assert len(level) == 6 and torch.equal(level, right)
    with pytest.raises(ValueError, match="mode is 'loss', 'tensor' or 'predict', not 'train'"):
        model(inputs, mode='train')


@pytest.mark.parametrize(
    ('run', 'key'),
    [
        ('mlfo/r3d18@smoke', 'model.embedding_dim'),
        ('memdpc/r3d18@smoke', 'model.memory_size'),
        ('ctp/r3d18@smoke', 'model.head.hidden_channels'),
    ],
)
@pytest.mark.filterwarnings('ignore:Initializing zero-element tensors')
def test_a_part_without_a_number_is_refused_before_the_first_step(run, key):
    model = MODELS.build(load_config(run, {key: 0}).model)
    with pytest.raises(ValueError, match=r'model\..* would be empty, of shape .*: a size is 0'):
        model.init_weights()


def test_a_method_is_a_file_of_the_folder():
    methods = {'BYOL', 'MLFO', 'MemDPC', 'MoCo', 'PretextClassifier', 'SimCLR', 'SwAV'}
    assert methods <= set(recognizers.__all__) <= set(models.__all__)
    for name in methods:
        assert issubclass(getattr(models, name), SelfSupervisedRecognizer)
        assert MODELS.get(name) is getattr(models, name)
