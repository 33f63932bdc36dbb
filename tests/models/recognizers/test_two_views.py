"""SimCLR, MoCo, BYOL and SwAV from their smoke configs: what meets what."""

from __future__ import annotations

import pytest
import torch
from mmaction.registry import MODELS
from torch.testing import assert_close

from mlfo_mm.engine.config import load_config
from mlfo_mm.models import losses

METHODS = ('cvrl', 'moco', 'byol', 'swav')


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
