"""Neighbours: on crafted embeddings, and of whole checkpoints of the smoke configs."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import torch
from mmaction.registry import MODELS
from mmaction.structures import ActionDataSample
from mmengine.registry import init_default_scope

from mlfo_mm.engine.config import load_config
from mlfo_mm.errors import UserError
from mlfo_mm.evaluation.evaluate import evaluate
from mlfo_mm.evaluation.neighbours import EmbeddingModel, hits, load_recognizer
from mlfo_mm.evaluation.trial import prepare, preprocessor


@pytest.fixture
def save(request_for, tmp_path):
    """``save(run)``: a checkpoint of the whole model of a run."""

    def write(run, seed=3, **changes):
        init_default_scope('mmaction')
        read = load_config(run)
        torch.manual_seed(seed)
        model = MODELS.build(read.model)
        model.init_weights()
        state = {k: v for k, v in model.state_dict().items() if changes.get(k, v) is not None}
        path = tmp_path / f'{read.method}_{len(changes)}.pth'
        torch.save({'state_dict': state, 'meta': {'cfg': read.pretty_text, 'epoch': 2}}, path)
        return str(path)

    return write


def test_hits_of_crafted_neighbours():
    places, labels = np.array([[0, 3, 2], [1, 2, 0]]), np.array([0, 1, 1, 2])
    # query 0 of class 0: one hit of 3; query 1 of class 1: two
    assert hits(places, np.array([0, 1]), labels).sum() == pytest.approx(3 / 3)
    assert hits(places[:, :1], np.array([0, 0]), labels).mean() == 0.5


def test_distributions_are_means_over_clips(request_for):
    request = request_for('neighbours')
    config = load_config(request.run)
    init_default_scope('mmaction')
    torch.manual_seed(0)
    recognizer = MODELS.build(config.model).eval()
    model = EmbeddingModel(recognizer, 0.1, preprocessor(config)).eval()
    clips = torch.randn(2, 3, 3, 8, 32, 32)  # 2 videos of 3 clips
    samples = [ActionDataSample(), ActionDataSample()]
    with torch.inference_mode():
        model(clips, samples)
    with torch.no_grad():
        for video, sample in zip(clips, samples, strict=True):
            found = recognizer.embed(video)
            assert torch.allclose(sample.clip_features, found.instance.mean(0), atol=1e-5)
            expected = (found.semantic / 0.1).softmax(1).mean(0)
            assert torch.allclose(sample.clip_extra['semantic'], expected, atol=1e-5)
            assert sample.clip_extra['semantic'].sum() == pytest.approx(1, abs=1e-5)


def test_neighbours_of_mlfo(request_for, save, tmp_path, capsys):
    request = request_for('neighbours')
    request = dataclasses.replace(request, checkpoint=save(request.run))
    record, _ = evaluate(request, tmp_path / 'results')
    assert set(record.metrics) == set(record.outcomes) == {'hits_instance', 'hits_semantic'}
    by = 'embeddings of instance discrimination on the high level'
    assert (
        record.protocol['instance'] == by and f'instance-wise by {by},' in record.protocol['line']
    )
    queries = record.details['queries']
    assert [each['query']['video'] for each in queries] == ['test_g00_c1.mp4', 'test_g01_c3.mp4']
    for each in queries:
        assert each['query']['class'] == 'noise'
        assert len(each['query']['frames']) == 4
        assert sorted(each['query']['frames']) == each['query']['frames']
        for kind in ('instance', 'semantic'):
            found = each[kind]
            assert len({clip['video'] for clip in found}) == 3
            assert all(clip['hit'] == (clip['class'] == 'noise') for clip in found)
            near = [clip['similarity'] for clip in found]
            assert near == sorted(near, reverse=True)
            assert all(clip['video'].startswith('train_') for clip in found)
    evaluate(request, tmp_path / 'results')
    assert capsys.readouterr().out.count('embeddings of pair train: reusing') == 1


@pytest.mark.parametrize(
    ('method', 'by'),
    [
        ('simclr', 'embeddings of instance discrimination on the high level'),  # MLFO's terms
        ('moco', 'queries of instance discrimination'),
    ],
)
def test_method_without_prototypes(method, by, request_for, save, tmp_path):
    run = f'{method}/r3d18@smoke'
    request = request_for('neighbours', run=run, checkpoint=save(run))
    record, _ = evaluate(request, tmp_path / 'results')
    assert set(record.metrics) == {'hits_instance'}
    assert record.protocol['instance'] == by
    assert 'no prototypes: no semantic-wise neighbours' in record.notes
    assert record.details['queries'][0]['semantic'] == []


def test_a_method_with_prototypes_of_its_own(request_for, save, tmp_path):
    run = 'swav/r3d18@smoke'
    request = request_for('neighbours', run=run, checkpoint=save(run))
    record, _ = evaluate(request, tmp_path / 'results')
    assert set(record.metrics) == {'hits_instance', 'hits_semantic'}
    assert record.protocol['instance'] == 'embeddings that the prototypes score'


def test_random_weights_by_backbone_features(request_for, tmp_path, capsys):
    evaluate(request_for('retrieval'), tmp_path / 'results')
    record, _ = evaluate(request_for('neighbours'), tmp_path / 'results')
    assert capsys.readouterr().out.count('reusing') == 2
    assert set(record.metrics) == {'hits_instance'}
    assert record.metrics['hits_instance'] == 100  # stripes and noise: anything tells them apart
    assert record.protocol['instance'] == 'backbone features'


def test_whole_checkpoint_or_an_error(request_for, save):
    request = request_for('neighbours')
    key = 'semantic.prototypes.weight'
    path = save(request.run, **{key: None})
    trial = prepare(dataclasses.replace(request, checkpoint=path))  # its backbone is whole
    with pytest.raises(UserError, match=f'missing 1, first {key}') as caught:
        load_recognizer(trial)
    assert '\n' not in str(caught.value)


def test_a_model_that_has_no_embeddings_is_named(request_for, save):
    request = request_for('neighbours')
    trial = prepare(dataclasses.replace(request, checkpoint=save(request.run)))
    trial.pretrain.model = dict(type='Recognizer3D', backbone=trial.pretrain.model.backbone)
    with pytest.raises(UserError, match='Recognizer3D does not say what it tells videos apart by'):
        load_recognizer(trial)


def test_loaded_recognizer_is_the_saved_one(request_for, save):
    request = request_for('neighbours')
    path = save(request.run)
    model = load_recognizer(prepare(dataclasses.replace(request, checkpoint=path)))
    saved = torch.load(path, weights_only=True)['state_dict']
    assert all(torch.equal(value, saved[key]) for key, value in model.state_dict().items())
    assert not model.training


def test_a_method_without_embeddings_has_its_features_compared(request_for, save, tmp_path):
    run = 'pace/r3d18@smoke'
    path = Path(save(run))
    checkpoint = torch.load(path, weights_only=True)
    checkpoint['meta']['epoch'] = 1
    torch.save(checkpoint, path)
    request = request_for('neighbours', run=run, checkpoint=str(path))
    request = dataclasses.replace(request, options={'downstream.topk': 7})
    record, _ = evaluate(request, tmp_path / 'results')
    assert record.protocol['instance'] == 'backbone features'
    assert set(record.metrics) == {'hits_instance'}
    assert {
        'no prototypes: no semantic-wise neighbours',
        'only 6 training videos for the top 7',
        'the checkpoint is of epoch 1, its config trains 2',
    } <= set(record.notes)
