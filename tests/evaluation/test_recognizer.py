"""The downstream model: frozen parts stay as they are, loaded weights stay loaded."""

from __future__ import annotations

import pytest
import torch
from mmaction.models import ResNet3d
from mmaction.registry import MODELS
from mmaction.structures import ActionDataSample
from mmengine.registry import init_default_scope

from mlfo_mm.evaluation.recognizer import DownstreamRecognizer, LinearHead


def build(freeze=False, head=True, **head_options):
    init_default_scope('mmaction')
    torch.manual_seed(0)
    backbone = {
        'type': ResNet3d,
        'depth': 18,
        'base_channels': 4,
        'pretrained': None,
        'pretrained2d': False,
        'out_indices': (1, 2, 3),
        'inflate': (1, 1, 1, 1),
        'zero_init_residual': False,
    }
    cls_head = {'type': LinearHead, 'num_classes': 3, 'in_channels': 32} | head_options
    return MODELS.build(
        {
            'type': DownstreamRecognizer,
            'backbone': backbone,
            'cls_head': cls_head if head else None,
            'freeze_backbone': freeze,
        }
    )


def batch(videos=4, clips=1):
    torch.manual_seed(1)
    samples = [ActionDataSample().set_gt_label(index % 3) for index in range(videos)]
    return torch.randn(videos, clips, 3, 4, 32, 32), samples


def test_features_are_the_pooled_last_level():
    model = build(head=False).eval()
    inputs, samples = batch(2, clips=3)
    model.predict(inputs, samples)
    levels = model.backbone(inputs.flatten(0, 1))
    low, mid, high = (level.mean((2, 3, 4)).reshape(2, 3, -1) for level in levels)
    for index, sample in enumerate(samples):
        assert torch.allclose(sample.clip_features, high[index], atol=1e-5)
        assert list(sample.clip_extra) == ['low', 'mid']
        assert torch.allclose(sample.clip_extra['low'], low[index], atol=1e-5)
        assert torch.allclose(sample.clip_extra['mid'], mid[index], atol=1e-5)


def test_backbone_of_one_level():
    model = build(head=False).eval()
    both = model.backbone.forward
    model.backbone.forward = lambda clips: both(clips)[-1]
    inputs, samples = batch(1, clips=2)
    model.predict(inputs, samples)
    assert samples[0].clip_features.shape == (2, 32)
    assert samples[0].clip_extra == {}


@pytest.mark.parametrize('freeze', [False, True])
def test_training_changes_the_backbone_unless_frozen(freeze):
    model = build(freeze=freeze, normalize=True)
    model.init_weights()
    before = {key: value.clone() for key, value in model.backbone.state_dict().items()}
    weight = model.cls_head.fc_cls.weight.detach().clone()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
    model.train()
    inputs, samples = batch()
    model.loss(inputs, samples)['loss_cls'].backward()
    optimizer.step()
    same = [torch.equal(before[key], value) for key, value in model.backbone.state_dict().items()]
    assert all(same) if freeze else not any(same)
    assert not torch.equal(model.cls_head.fc_cls.weight, weight)
    assert model.cls_head.norm.training
    assert model.backbone.training is not freeze


def test_second_initialisation_keeps_loaded_weights():
    model = build()
    model.init_weights()
    for parameter in model.backbone.parameters():
        parameter.data.fill_(0.125)
    model.init_weights()  # as the Runner does before training
    assert all((parameter == 0.125).all() for parameter in model.backbone.parameters())


@pytest.mark.parametrize('average', ['prob', 'score'])
def test_clips_are_averaged_as_named(average):
    model = build(average_clips=average).eval()
    torch.nn.init.normal_(model.cls_head.fc_cls.weight)
    inputs, samples = batch(2, clips=3)
    model.predict(inputs, samples)
    logits = model.cls_head(model.extract_feat(inputs)[0]).reshape(2, 3, 3)
    scores = logits.softmax(-1) if average == 'prob' else logits
    for sample, expected in zip(samples, scores.mean(1), strict=True):
        assert torch.allclose(sample.pred_score, expected, atol=1e-5)


def test_scores_are_float32_under_autocast():
    model = build()
    inputs, samples = batch()
    with torch.autocast('cpu', dtype=torch.bfloat16):
        losses = model.loss(inputs, samples)
    assert losses['loss_cls'].dtype == torch.float32
    losses['loss_cls'].backward()
    assert torch.isfinite(model.backbone.conv1.conv.weight.grad).all()


def test_probe_ignores_the_scale_of_features():
    head = build(normalize=True).cls_head.eval()
    features = torch.randn(5, 32)
    assert torch.allclose(head(features), head(100 * features), atol=1e-5)
