"""SimCLR, MoCo, BYOL, SimSiam and SwAV from their smoke configs: what meets what."""

from __future__ import annotations

import copy
import math

import pytest
import torch
import torch.nn.functional as F
from mmaction.registry import MODELS
from mmengine.optim import build_optim_wrapper
from mmengine.registry import PARAM_SCHEDULERS
from torch.testing import assert_close

from mlfo_mm.engine.config import load_config
from mlfo_mm.models import losses

METHODS = ('cvrl', 'moco', 'byol', 'simsiam', 'swav')


def build(method: str, **changes):
    model = load_config(f'{method}/r3d18@smoke').model
    for key, value in changes.items():
        model[key] = value
    torch.manual_seed(0)
    return MODELS.build(model)


def batch(step: int = 0, n: int = 4, v: int = 2) -> torch.Tensor:
    return torch.randn(n, v, 3, 8, 32, 32, generator=torch.Generator().manual_seed(step))


def embed(model, clips: torch.Tensor) -> torch.Tensor:
    """Embeddings of clips in one pass, as the model's own projection gives them."""
    owner = model.semantic if hasattr(model, 'semantic') else model
    return owner.projection(model.extract_feat(clips)[-1])


@pytest.mark.parametrize('method', METHODS)
def test_needs_two_clips(method):
    with pytest.raises(ValueError, match='needs 2 clips of a video, the sampler gives 3'):
        build(method).loss(batch(v=3))


def test_simclr_contrasts_the_clips_of_each_video():
    model, inputs = build('cvrl').eval(), batch()
    first, second = embed(model, inputs[:, 0]), embed(model, inputs[:, 1])
    # CVRL adds the means of both directions
    expected = 2 * losses.nt_xent(first, second, 0.1)
    assert_close(model.loss(inputs)['loss_contrast'], expected)


def test_moco_finds_the_key_of_the_second_clip_among_old_keys():
    model = build('moco', queue_size=6).eval()
    keys = []
    for step in range(4):
        inputs = batch(step)
        logs = model.loss(inputs)
        queries, key = embed(model, inputs[:, 0]), model.key_encoder(inputs[:, 1])
        old = torch.cat([torch.zeros(0, key.shape[1]), *keys])[-6:]
        assert_close(logs['loss_contrast'], losses.info_nce(queries, key, old, 0.2))
        keys.append(key)
        with torch.no_grad():  # an optimiser's step: from now on the key encoder lags behind
            model.projection.layers[-1].weight.mul_(1.5)
    assert_close(model.queue.get(), torch.cat(keys)[-6:])
    assert not torch.equal(model.key_encoder.average.module[1].layers[-1].weight,
                           model.projection.layers[-1].weight)  # fmt: skip


def test_byol_predicts_the_target_of_the_other_clip():
    model, inputs = build('byol').eval(), batch()
    model.loss(inputs)
    with torch.no_grad():
        model.projection.layers[-1].weight.mul_(-1)
    logs = model.loss(inputs)
    expected = sum(
        losses.cosine_prediction(
            model.predictor(embed(model, inputs[:, view])), model.target(inputs[:, 1 - view])
        )
        for view in (0, 1)
    )
    assert_close(logs['loss_prediction'], expected)
    swapped = model.loss(inputs.flip(1))
    assert_close(swapped['loss_prediction'], logs['loss_prediction'], rtol=0.05, atol=0.05)


def test_byol_s_target_stops_at_the_end_of_training():
    model = build('byol')
    model.loss(batch())
    with torch.no_grad():
        model.projection.layers[-1].weight.add_(1)
    target = model.target.average.module[1].layers[-1].weight
    before = target.clone()
    model.progress = 1.0
    model.loss(batch())
    assert torch.equal(target, before)
    model.progress = 0.0
    model.loss(batch())
    assert_close(target, before + (1 - 0.99))


def test_simsiam_has_the_papers_loss_and_no_gradient_through_its_targets(monkeypatch):
    model, inputs = build('simsiam').eval(), batch()
    logs = model.loss(inputs)
    z1, z2 = embed(model, inputs[:, 0]), embed(model, inputs[:, 1])
    p1, p2 = model.predictor(z1), model.predictor(z2)
    paper = (
        -F.cosine_similarity(p1, z2.detach()).mean() / 2
        - F.cosine_similarity(p2, z1.detach()).mean() / 2
    )
    assert_close(logs['loss_prediction'], 1 + paper)
    trained = [p for p in model.parameters() if p.requires_grad]
    found = torch.autograd.grad(logs['loss_prediction'], trained)
    for each, expected in zip(found, torch.autograd.grad(paper, trained), strict=True):
        assert_close(each, expected, rtol=1e-4, atol=1e-6)
    # what is left of the gradient once the predictions have none
    monkeypatch.setattr(model.predictor, 'forward', torch.detach)
    assert not model.loss(inputs)['loss_prediction'].requires_grad


def test_simsiam_s_projections_are_normalised_over_the_batch():
    model, inputs = build('simsiam'), batch()
    z = embed(model, inputs.transpose(0, 1).flatten(0, 1))
    assert_close(z.mean(0), torch.zeros(32), rtol=0, atol=1e-5)
    assert_close(z.std(0, correction=0), torch.ones(32), rtol=0, atol=0.02)
    # the deviation on the sphere over that of points spread evenly on it
    expected = F.normalize(z[:4]).std(0, correction=0).mean() / (1 / math.sqrt(32))
    assert_close(model.loss(inputs)['stat_std'], expected)
    assert_close(model.eval().embed(inputs[:, 0]).instance, embed(model, inputs[:, 0]))


def test_simsiam_s_predictor_keeps_its_learning_rate():
    config = load_config('simsiam/r3d18@k400')
    model = build('simsiam')
    wrapper = build_optim_wrapper(model, copy.deepcopy(config.optim_wrapper))
    (cosine,) = config.param_scheduler
    scheduler = PARAM_SCHEDULERS.build(dict(cosine, optimizer=wrapper))
    own = {id(parameter) for parameter in model.predictor.parameters()}
    epochs = config.train_cfg.max_epochs
    for epoch in range(epochs):
        annealed = 0.1 * (1 + math.cos(math.pi * epoch / epochs)) / 2
        for group in wrapper.optimizer.param_groups:
            constant = id(group['params'][0]) in own
            assert group['lr'] == pytest.approx(0.1 if constant else annealed)
            assert group['weight_decay'] == 1e-4
        wrapper.optimizer.step()
        scheduler.step()


def test_swav_scores_its_queue_anew_once_it_is_full(monkeypatch):
    pools = []

    def sinkhorn(scores, *arguments):
        pools.append(scores)
        return losses.sinkhorn(scores, *arguments)

    monkeypatch.setattr('mlfo_mm.models.recognizers.swav.sinkhorn', sinkhorn)
    model = build('swav', queue_size=6, queue_begin_epoch=1).eval()
    seen = []
    for step, epoch in enumerate((0, 0, 0, 1)):
        inputs = batch(step)
        model.set_epoch(epoch, 2)
        with torch.no_grad():
            model.semantic.prototypes.weight.normal_()
        pools.clear()
        logs = model.loss(inputs)
        assert {len(pool) for pool in pools} == {4 if epoch == 0 else 6 + 4}
        seen.append([embed(model, inputs[:, view]) for view in (0, 1)])
    weight = model.semantic.prototypes.weight  # normalised by now
    targets, scores = [], []
    for view in (0, 1):
        unit = torch.nn.functional.normalize
        past = torch.cat([step[view] for step in seen[:3]])[-6:]
        scores.append(unit(seen[3][view]) @ weight.T)
        assert_close(pools[view], torch.cat([unit(past) @ weight.T, scores[view]]))
        targets.append(losses.sinkhorn(pools[view], 0.05, 3)[-4:])
    # the mean of both directions
    expected = 0.5 * losses.swapped_prediction(*scores, *targets, 0.1)
    assert_close(logs['loss_semantic'], expected)


def test_swav_s_queue_waits_until_it_is_full_and_prototypes_for_the_first_epoch(monkeypatch):
    pools = []
    monkeypatch.setattr(
        'mlfo_mm.models.recognizers.swav.sinkhorn',
        lambda scores, *_: pools.append(len(scores)) or scores.softmax(1),
    )
    model = build('swav', queue_size=6, queue_begin_epoch=0)
    for step in range(3):  # 4 embeddings a step
        model.loss(batch(step))['loss_semantic'].backward()
        assert model.semantic.prototypes.weight.grad is None
    assert pools == [4, 4, 4, 4, 10, 10]
    model.set_epoch(1, 2)
    model.loss(batch())['loss_semantic'].backward()
    assert model.semantic.prototypes.weight.grad is not None


def test_even_predictions_are_not_certain():
    prototypes = build('swav').semantic
    assert prototypes.certainty(torch.full((5, 8), 0.3)).item() == pytest.approx(0, abs=1e-6)
    assert prototypes.certainty(100 * torch.eye(8)).item() == pytest.approx(1, abs=1e-6)
    two = torch.full((1, 8), -100.0)
    two[0, :2] = 0
    assert prototypes.certainty(two).item() == pytest.approx(2 / 3, abs=1e-6)  # 1 of 3 bits is left
