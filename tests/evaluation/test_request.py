"""The name of an evaluation: the same by whatever way its configs were read, another for other work."""

from __future__ import annotations

import dataclasses

import pytest
import torch

from mlfo_mm.engine.composed import carried_config, composed_text
from mlfo_mm.engine.config import load_config
from mlfo_mm.errors import UserError
from mlfo_mm.evaluation.pipelines import ClipGeometry
from mlfo_mm.evaluation.request import (
    Evaluation,
    Request,
    own_dataset,
    read_configs,
    weights_of,
)
from mlfo_mm.study.config_text import look_up
from mlfo_mm.study.identity import hash_text

REQUEST = Request(
    checkpoint='epoch_2.pth', task='retrieval', dataset='pair', run='mlfo/r3d18@smoke'
)


def evaluation(seed: int = 0, **changes) -> Evaluation:
    request = dataclasses.replace(REQUEST, **changes)
    pretrain, config = read_configs(request)
    return Evaluation(request, pretrain, config, ClipGeometry.from_config(pretrain), seed)


@pytest.fixture(scope='module')
def plain() -> dict:
    return evaluation().about()


def test_what_a_record_is_of(plain):
    assert plain['experiment'].startswith('mlfo-default-r3d18-digits_motion-retrieval-pair-split1')
    assert (plain['profile'], plain['seed'], plain['task']) == ('smoke', 0, 'retrieval')
    seed, family = plain['config_text'].split('\n', 1)
    assert seed == 'seed = 0'
    assert plain['family_hash'] == hash_text(family)
    assert plain['config_hash'] == hash_text(plain['config_text'])


@pytest.mark.parametrize(
    'changes',
    [
        {'skip_broken': True},
        {'amp': True},
        {'average': 'score'},
        {'split': 2},
        {'dataset': 'other'},
        {'task': 'linear_probe'},
        {'checkpoint': 'none'},
        {'options': {'downstream.num_clips': 1}},
        {'options': {'frame_interval': 1}},
    ],
    ids=str,
)
def test_other_work_has_another_name(plain, changes, monkeypatch):
    # the request decides, whatever this machine is fast in
    monkeypatch.setattr('mlfo_mm.evaluation.request.fast_in_bfloat16', lambda: True)
    about = evaluation(**changes).about()
    assert about['experiment'] != plain['experiment']
    assert about['family_hash'] != plain['family_hash']


def test_seeds_are_one_family(plain):
    about = evaluation(seed=3).about()
    assert about['family_hash'] == plain['family_hash']
    assert about['config_hash'] != plain['config_hash']
    assert about['experiment'] != plain['experiment']


def test_where_it_runs_is_no_part_of_its_name(plain):
    assert evaluation(work_dir='elsewhere', decode_timeout=5.0).about() == plain


def test_an_untrained_network_is_its_backbone(plain):
    about = evaluation(checkpoint='none').about()
    other = evaluation(checkpoint='none', run='simclr/r3d18@smoke').about()
    assert (about['method'], about['pretrain_dataset']) == ('random', 'none')
    assert other == about
    scratch = evaluation(checkpoint='none', task='finetune').about()
    assert scratch['method'] == 'scratch'


def test_finetuning_from_scratch_with_other_flips_has_another_name():
    scratch = dict(checkpoint='none', task='finetune')
    flipped, unflipped = (
        evaluation(**scratch, options={'flip_ratio': ratio}) for ratio in (0.5, 0.0)
    )
    assert flipped.experiment() != unflipped.experiment()
    assert flipped.flip_ratio == 0.5 and unflipped.flip_ratio == 0.0


def test_a_checkpoint_s_own_config_gives_the_same_name(plain):
    text = composed_text(load_config('mlfo/r3d18@smoke'))
    carried = carried_config({'meta': {'composed': text}}, 'epoch_2.pth')
    assert carried.run == 'mlfo/r3d18@smoke'
    for run in ('', 'mlfo/r3d18@smoke'):
        request = dataclasses.replace(REQUEST, run=run)
        pretrain, config = read_configs(request, carried)
        geometry = ClipGeometry.from_config(pretrain)
        assert Evaluation(request, pretrain, config, geometry, 0).about() == plain


def test_how_a_run_is_spelled_is_no_part_of_its_name(plain, tmp_path):
    path = tmp_path / 'mine.py'
    path.write_text(load_config('mlfo/r3d18@smoke').pretty_text)
    assert evaluation(run=str(path)).about() == plain


@pytest.mark.parametrize(
    ('run', 'options', 'message'),
    [
        ('byol/r3d18@smoke', {}, "trained with method 'mlfo', not 'byol'.*leave the run out"),
        ('mlfo/r3d18@smoke+one_hot', {}, "trained with variant 'default', not 'one_hot'"),
        ('mlfo/r3d18@demo', {}, "trained with profile 'smoke', not 'demo'"),
        ('', {'pretrain_dataset': 'own'}, 'epoch_2.pth was trained with it as it is'),
        ('', {'backbone.base_channels': 8}, 'was trained with it as it is'),
        ('', {'sampler.long_view': 'full'}, 'was trained with it as it is'),
        ('', {'default_hooks.logger.interval': 7}, 'was trained with it as it is'),
        ('', {'randomness.seed': 3}, 'was trained with it as it is'),
        ('', {'load_from': 'other.pth'}, 'was trained with it as it is'),
    ],
)
def test_what_a_checkpoint_was_trained_with_stays(run, options, message):
    text = composed_text(load_config('mlfo/r3d18@smoke'))
    carried = carried_config({'meta': {'composed': text}}, 'epoch_2.pth')
    with pytest.raises(UserError, match=message):
        read_configs(dataclasses.replace(REQUEST, run=run, options=options), carried)


@pytest.mark.parametrize(
    'options',
    [
        {'frame_interval': 1},
        {'crop_size': 24},
        {'frame_difference': True},
        {'flip_ratio': 0.25},
        {'normalize.mean': [1.0, 2.0, 3.0]},
    ],
    ids=str,
)
def test_how_clips_look_is_the_evaluation_s(plain, options):
    text = composed_text(load_config('mlfo/r3d18@smoke'))
    carried = carried_config({'meta': {'composed': text}}, 'epoch_2.pth')
    request = dataclasses.replace(REQUEST, run='', options=options)
    pretrain, config = read_configs(request, carried)
    ((key, value),) = options.items()
    assert look_up(pretrain, key) == value
    other = Evaluation(request, pretrain, config, ClipGeometry.from_config(pretrain), 0)
    assert other.experiment() != plain['experiment']


@pytest.mark.parametrize(
    ('changes', 'message'),
    [
        ({'task': 'retrival'}, '--task retrival: known are .*retrieval'),
        ({'options': {'profile': 'mini'}}, "profile: is said by the run's name"),
        ({'run': ''}, 'epoch_2.pth carries no config of this project: name the run as well'),
        ({'average': 'max'}, "average='max': prob"),
    ],
)
def test_what_cannot_be_asked_for(changes, message):
    with pytest.raises(UserError, match=message):
        evaluation(**changes)


def test_weights_and_their_own_data(tmp_path):
    config = load_config('mlfo/r3d18@smoke', {'pretrain_dataset': 'mine'})
    for name, meta in (('epoch_2.pth', dict(composed=composed_text(config))), ('bare.pth', {})):
        torch.save(dict(state_dict={}, meta=meta), tmp_path / name)
    last = str(tmp_path / 'epoch_2.pth')
    assert weights_of([str(tmp_path)]) == weights_of([last]) == ('', last)
    assert weights_of(['mlfo/r3d18@smoke', 'none']) == ('mlfo/r3d18@smoke', 'none')
    assert own_dataset('', last) == own_dataset('mlfo/r3d18@smoke', last) == 'mine'
    assert own_dataset('mlfo/r3d18@smoke', 'none') == 'digits_motion'
    bare = str(tmp_path / 'bare.pth')
    assert own_dataset('mlfo/r3d18@smoke', bare) == 'digits_motion'
    with pytest.raises(UserError, match='name a --dataset'):
        own_dataset('', bare)
