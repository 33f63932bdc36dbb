"""What each method says that it tells clips apart by, and what its monitors must not fall below."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from mmaction.registry import MODELS
from torch.testing import assert_close

from mlfo_mm.engine.config import load_config
from mlfo_mm.models.utils import COLLAPSE, Bound, TermBound


def build(name: str, change: str = '', **changes):
    config = load_config(f'{name}/r3d18@smoke{change}').model
    for key, value in changes.items():
        config[key] = value
    torch.manual_seed(0)
    return MODELS.build(config).eval()


def features(model, clips):
    """The last level averaged over space and time, and the level."""
    high = model.backbone(clips)[-1]
    return torch.stack([each.flatten(1).mean(1) for each in high]), high


@pytest.fixture(scope='module')
def clips():
    return torch.randn(3, 3, 8, 32, 32, generator=torch.Generator().manual_seed(1))


def scores(semantic, z):
    return F.normalize(z, dim=1) @ F.normalize(semantic.prototypes.weight, dim=1).T


@torch.no_grad()
@pytest.mark.parametrize(
    ('method', 'words'),
    [
        ('cvrl', 'embeddings of instance discrimination'),
        ('moco', 'queries of instance discrimination'),
        ('byol', 'projections of the online network'),
    ],
)
def test_what_is_contrasted_of_a_clip_is_its_projection(method, words, clips):
    model = build(method)
    if method != 'cvrl':  # not that of the slow encoder
        model.loss(clips[:2].unsqueeze(1).repeat(1, 2, 1, 1, 1, 1))
        model.projection.layers[-1].weight.mul_(-1)
    found = model.embed(clips)
    assert_close(found.instance, model.projection.layers(features(model, clips)[0]))
    assert found.semantic is None
    assert model.embedding == words


@torch.no_grad()
def test_swav_has_embeddings_and_scores_of_its_prototypes(clips):
    model = build('swav')
    found = model.embed(clips)
    z = model.semantic.projection.layers(features(model, clips)[0])
    assert_close(found.instance, z)
    assert_close(found.semantic, scores(model.semantic, z))
    assert model.embedding == 'embeddings that the prototypes score'


@torch.no_grad()
def test_mlfo_has_the_high_level_s_embeddings_and_scores(clips):
    model = build('mlfo')
    found = model.embed(clips)
    pooled, high = features(model, clips)
    steps = model.levels['high'].projections['contrast'].layers(high.mean((3, 4)))  # (M, D, T')
    assert steps.shape[2] > 0
    assert_close(found.instance, sum(steps.unbind(2)) / steps.shape[2])
    assert_close(found.semantic, scores(model.semantic, model.semantic.projection.layers(pooled)))
    assert model.embedding == 'embeddings of instance discrimination on the high level'


@torch.no_grad()
def test_mlfo_of_other_terms_says_that_it_has_features_alone(clips):
    levels = dict(high=dict(retrieval=dict(type='TimestampRetrievalLoss', begin_epoch=0)))
    model = build('mlfo', levels=levels, prototypes=None)
    found = model.embed(clips)
    assert_close(found.instance, features(model, clips)[0])
    assert found.semantic is None
    assert model.embedding == 'backbone features'


@torch.no_grad()
def test_memdpc_averages_the_maps_that_it_compares(clips):
    model = build('memdpc')
    found = model.embed(clips)
    maps = F.conv2d(
        features(model, clips)[1].mean(2), model.projection.weight, model.projection.bias
    )
    assert_close(found.instance, maps.mean((2, 3)))
    assert found.semantic is None and 'maps of blocks' in model.embedding


@torch.no_grad()
def test_pretext_classifier_with_and_without_a_contrast(clips):
    model = build('pace')
    assert_close(model.embed(clips).instance, features(model, clips)[0])
    assert model.embedding == 'backbone features'
    model = build('pace', '+contrast')
    found = model.embed(clips)
    assert_close(found.instance, model.projection(features(model, clips)[0]))
    assert found.semantic is None
    assert model.embedding == 'embeddings of the contrast between clips'


def test_bounds_of_mlfo_are_those_of_its_parts():
    model = build('mlfo')
    bounds = model.monitor_bounds(4)
    spreads = {name for name, bound in bounds.items() if getattr(bound, 'collapse', False)}
    assert spreads == {
        'stat_std_semantic', 'stat_std_contrast_low', 'stat_std_graph_low',
        'stat_std_contrast_mid', 'stat_std_graph_mid', 'stat_std_contrast_high',
    }  # fmt: skip
    assert all(bounds[name] == COLLAPSE for name in spreads)
    assert bounds['stat_edges_low'] == Bound(1 + 1e-6, 'graph without edges')
    assert 'stat_edges_high' not in bounds
    one_hot = build('mlfo', '+one_hot').monitor_bounds(4)
    assert not any('edges' in name for name in one_hot)  # has none by design


def test_bounds_that_depend_on_the_clips_are_known_once_some_were_shown():
    model = build('mlfo')
    assert 'loss_motion_low' in model.monitor_bounds(4)
    assert 'loss_retrieval_low' not in model.monitor_bounds(4)
    for views, (low, mid) in ((3, (8, 4)), (4, (16, 8))):  # the long clip in one view or two
        model.shown = (views, 3, 8, 32, 32)
        bounds = model.monitor_bounds(4)
        assert bounds['loss_retrieval_low'] == TermBound(low, 0.3, 'place in a clip', 2)
        assert bounds['loss_retrieval_mid'] == TermBound(mid, 0.5, 'place in a clip', 2)
    predicted = build('memdpc')
    assert 'loss_forward' not in predicted.monitor_bounds(32)
    predicted.shown = (8, 3, 5, 64, 64)  # maps of 2 x 2
    steps = predicted.predict_steps
    wanted = TermBound(32 * steps * 4, 1.0, 'position', 32 * steps)
    assert predicted.monitor_bounds(32)['loss_backward'] == wanted


def test_ends_are_a_shortcut_where_zeros_mark_features():
    def motion(*changes, level='low'):
        return build('mlfo', *changes).monitor_bounds(4)[f'loss_motion_{level}']

    assert motion() == TermBound(3, 0.3, 'the ends of a clip', 1)
    assert motion('+official') == TermBound(2 + 7, 0.3, 'the ends of a clip', 7)
    assert motion('+time_circular') == TermBound(3, 0.3)
    # clips are reversed before the network pads them
    assert motion('+ctm', level='high') == TermBound(3, 1.0)


@pytest.mark.parametrize(
    ('prototypes', 'batch_size', 'least'),
    [(1000, 256, 10.24), (300, 256, 6), (8, 4, 2), (1000, 4, 2)],
)
def test_prototypes_that_a_batch_can_use(prototypes, batch_size, least):
    semantic = build('swav').semantic
    semantic.prototypes.out_features = prototypes
    bounds = semantic.monitor_bounds(batch_size)
    assert bounds['stat_prototypes_used'] == Bound(pytest.approx(least), 'prototypes died out')
    assert bounds['stat_certainty'].least == 0.01
    swav = build('swav').monitor_bounds(batch_size)
    assert swav['stat_std'] == COLLAPSE and 'stat_prototypes_used' in swav
