"""MLFO from its shipped config, shrunk: what each setting switches on, and with what gradient."""

from __future__ import annotations

import copy

import pytest
import torch
from mmaction.registry import MODELS
from torch.testing import assert_close

from mlfo_mm.engine.config import load_config
from mlfo_mm.models import losses

LOWER = ('low', 'mid')


def build(run: str = 'mlfo/r3d18@smoke', **changes):
    torch.manual_seed(0)
    model = load_config(run).model
    for key, value in changes.items():
        model[key] = value
    return MODELS.build(model)


def batch(n: int = 4, v: int = 3, t: int = 8) -> torch.Tensor:
    torch.manual_seed(1)
    return torch.randn(n, v, 3, t, 32, 32)


def losses_in(model, epoch: int) -> set[str]:
    """Names of the terms that a model computes in one of four epochs."""
    model.set_epoch(epoch, 4)
    return {key.removeprefix('loss_') for key in model.loss(batch()) if key.startswith('loss_')}


HIGH = {'instance_high', 'semantic'}  # Eq. 5
TEMPORAL = {f'{term}_{level}' for term in ('motion', 'retrieval') for level in LOWER}
GRAPHS = {f'graph_{level}' for level in LOWER}


def test_terms_of_each_stage():
    """The first has Eq. 5 alone (section 4.2); in the released code it has the temporal terms too."""
    model = build(first_stage=0.5)
    assert losses_in(model, 1) == HIGH
    assert losses_in(model, 2) == HIGH | TEMPORAL | GRAPHS
    model = build('mlfo/r3d18@smoke+official', first_stage=0.5)
    assert losses_in(model, 1) == HIGH | TEMPORAL | {'retrieval_high'}
    assert losses_in(model, 2) == HIGH | TEMPORAL | GRAPHS | {'retrieval_high', 'graph_high'}


def test_a_term_has_a_beginning_of_its_own():
    levels = load_config('mlfo/r3d18@smoke').model.levels
    levels.low.motion.begin_epoch = 1
    levels.mid.retrieval.begin_epoch = 3
    model = build(first_stage=0.5, levels=levels)
    assert losses_in(model, 0) == HIGH
    assert losses_in(model, 1) == HIGH | {'motion_low'}
    assert losses_in(model, 2) == HIGH | (TEMPORAL | GRAPHS) - {'retrieval_mid'}
    assert losses_in(model, 3) == HIGH | TEMPORAL | GRAPHS


@pytest.mark.parametrize(('variant', 'clips'), [('', (8, 12)), ('+official', (12, 12))])
def test_clips_that_no_term_needs_do_not_go_through_the_backbone(variant, clips):
    model = build(f'mlfo/r3d18@smoke{variant}', first_stage=0.5)
    seen = []
    model.backbone.register_forward_hook(lambda module, args, out: seen.append(len(args[0])))
    for epoch in (0, 2):
        losses_in(model, epoch)
    assert tuple(seen) == clips


def test_monitors_do_not_enter_the_optimised_sum():
    model = build()
    logs = model.loss(batch())
    total, _ = model.parse_losses(copy.copy(logs))
    assert_close(total, sum(value for key, value in logs.items() if key.startswith('loss_')))
    assert not [key for key in logs if 'loss' in key and not key.startswith('loss_')]


def test_official_variant():
    model = build('mlfo/r3d18@smoke+official')
    assert model.augmentations == ('reverse',)
    high = model.levels['high'].terms
    assert set(high) == {'instance', 'retrieval', 'graph'}
    for level in LOWER:
        terms = model.levels[level].terms
        assert terms['motion'].negatives == 'all'
        assert terms['retrieval'].symmetric
        assert (terms['graph'].views, terms['graph'].directions, terms['graph'].reduction) == (
            'first_second',
            'one',
            'official',
        )
        assert model.levels[level].augment_long
    assert model.semantic.long_in_batch_norm and model.semantic.batch_in_queue
    model.set_epoch(50, 100)
    assert 'loss_graph_high' in model.loss(batch())


def test_full_long_view_equals_a_backbone_on_32_frames():
    model = build().eval()
    inputs = batch(v=4)
    long_clip = torch.cat([inputs[:, 2], inputs[:, 3]], 2)
    _, _, long = model._features(inputs, {'retrieval'})
    assert_close(long['low'], model.extract_feat(long_clip)[0])
    model.train()
    assert 'loss_retrieval_low' in model.loss(inputs)


def test_views_keep_their_sample():
    model = build().eval()
    inputs = batch()
    short, _, long = model._features(inputs, {'retrieval'})
    alone, _, alone_long = model._features(inputs[2:3], {'retrieval'})
    assert_close(short['mid'][[2, 6]], alone['mid'])
    assert_close(long['mid'][2:3], alone_long['mid'])


def test_instance_term_is_the_loss_of_the_high_embeddings():
    model = build('simclr/r3d18@smoke').eval()
    inputs = batch(v=2)
    short, _, _ = model._features(inputs, {'instance'})
    z = model.levels['high'].projections['contrast'](short['high']).mean(2)
    logs = model.loss(inputs)
    assert_close(logs['loss_instance_high'], losses.nt_xent(*z.chunk(2), 0.07))
    assert set(logs) == {'loss_instance_high', 'acc_instance_high', 'stat_std_contrast_high'}


def test_graph_term_reads_but_does_not_train_the_high_embeddings():
    model = build(first_stage=0.0)
    model.set_epoch(1, 2)
    logs = model.loss(batch())
    model.zero_grad()
    logs['loss_graph_mid'].backward()
    assert all(p.grad is None for p in model.levels['high'].parameters())
    assert all(p.grad is None for p in model.semantic.parameters())
    assert model.levels['mid'].projections['graph'].layers[0].weight.grad.abs().sum() > 0
    assert model.backbone.layer3[0].conv1.conv.weight.grad.abs().sum() > 0
    assert model.backbone.layer4[0].conv1.conv.weight.grad is None


def test_semantic_branch_needs_no_graph_and_the_reverse():
    model = build()
    model.semantic = None
    for level in LOWER:
        model.levels[level].terms['graph'].kind = 'instance'
    model.set_epoch(1, 2)
    assert 'loss_semantic' not in model.loss(batch())


@pytest.mark.parametrize(
    ('inputs', 'message'),
    [(dict(v=2), 'got 2 views'), (dict(n=1), 'at least 2 samples')],
)
def test_batches_that_cannot_work(inputs, message):
    with pytest.raises(ValueError, match=message):
        build().loss(batch(**inputs))


def test_unknown_levels_and_graphs_without_instances_are_refused():
    with pytest.raises(ValueError, match='not top'):
        build(levels=dict(top=dict()))
    with pytest.raises(
        ValueError, match=r"levels\.mid has no part 'loss'; known: excitation, inst"
    ):
        build(levels=dict(mid=dict(loss=None)))
    with pytest.raises(ValueError, match=r'levels\.mid\.graph has no type'):
        build(levels=dict(mid=dict(graph=dict(kind='one_hot'))))
    config = load_config('mlfo/r3d18@smoke').model.levels
    config.high = dict()
    with pytest.raises(ValueError, match=r'levels\.high an instance term'):
        build(levels=config)
    config.high = None
    with pytest.raises(ValueError, match=r'levels\.high an instance term'):
        build(levels=config)
    with pytest.raises(ValueError, match='read the prototypes'):
        build(prototypes=None)
    with pytest.raises(ValueError, match='no term is in use in the first stage'):
        low = load_config('mlfo/r3d18@smoke').model.levels.low
        build(prototypes=None, levels=dict(low=dict(motion=low.motion)))
    with pytest.raises(ValueError, match="augment is 'features' or 'clips', not 'frames'"):
        build(augment='frames')


def test_state_is_in_the_checkpoint():
    model = build()
    model.set_epoch(1, 2)
    model.loss(batch())
    other = build()
    other.load_state_dict(model.state_dict())
    assert int(other.epoch) == 1
    assert_close(other.semantic.queues[1].get(), model.semantic.queues[1].get())
    assert len(other.semantic.queues[1].get()) == 4


def test_no_matrix_of_samples_is_kept_for_the_backward_pass():
    """They are made again there; only the graphs, which are inputs, are kept."""
    model = build(first_stage=0.0)
    kept = set()

    def pack(z: torch.Tensor) -> torch.Tensor:
        kept.add(tuple(z.shape))
        return z

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda z: z):
        logs = model.loss(batch(n=5))
    total, _ = model.parse_losses(logs)
    total.backward()
    assert 'loss_graph_low' in logs
    assert (2 * 5, 16) in kept  # the embeddings
    assert not kept & {(10, 10), (10, 5)}
