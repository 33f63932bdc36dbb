"""Padding in time from a run's name to the network that evaluation builds, and the name of its record."""

from __future__ import annotations

import copy

import pytest
import torch
from mmaction.registry import MODELS
from torch import nn

from mlfo_mm.engine.composed import carried_config, composed_text
from mlfo_mm.engine.config import load_config, load_task
from mlfo_mm.engine.launch import check_resume
from mlfo_mm.errors import UserError
from mlfo_mm.evaluation.request import pretraining_of
from mlfo_mm.evaluation.trial import prepare
from mlfo_mm.study.identity import pretraining_identity
from mlfo_mm.study.methods import cards

SMOKE = 'mlfo/r3d18@smoke'
REPLICATE = {'time_padding': 'replicate'}


def named(run: str, **options: object) -> dict:
    return pretraining_identity(pretraining_of(load_config(run, options)), 0)


@pytest.fixture
def trained(tmp_path):
    """A checkpoint of a run with replicated steps, and its model."""
    config = load_config(SMOKE, REPLICATE)
    torch.manual_seed(0)
    model = MODELS.build(copy.deepcopy(config.model))
    path = tmp_path / 'epoch_2.pth'
    meta = dict(composed=composed_text(config), seed=0)
    state = dict(state_dict=model.state_dict(), optimizer={}, message_hub={}, meta=meta)
    torch.save(state, path)
    return path, model.eval()


def test_a_run_says_it_by_an_option_or_by_a_change():
    option, change = named(SMOKE, **REPLICATE), named(f'{SMOKE}+time_replicate')
    assert option == change
    assert option['variant'] == 'time_replicate'
    assert named(f'{SMOKE}+official+time_circular')['variant'] == 'official+time_circular'


def test_zeros_are_the_plain_run():
    plain = load_config(SMOKE)
    assert plain.time_padding == 'zeros' and 'time_padding' not in plain.model.backbone
    assert named(SMOKE, time_padding='zeros') == named(SMOKE)
    assert 'time_padding' not in named(SMOKE)['config_text']
    assert "time_padding='replicate'" in named(SMOKE, **REPLICATE)['config_text']


@pytest.mark.parametrize('method', sorted(cards()))
def test_every_method_has_it_in_all_its_backbones(method):
    config = load_config(f'{method}/r3d18@smoke+time_circular')
    model = MODELS.build(config.model)
    convs = [layer for layer in model.modules() if isinstance(layer, nn.Conv3d)]
    stems = [conv for conv in convs if conv.in_channels == 3 and conv.kernel_size == (3, 3, 3)]
    networks = [each for each in model.modules() if isinstance(each, type(model.backbone))]
    assert len(stems) == len(networks) >= 1  # momentum encoders have one too
    for stem in stems:
        (hook,) = stem._forward_pre_hooks.values()
        assert stem.padding == (0, 1, 1)
        assert hook.keywords == dict(size=1, padding='circular')


@pytest.mark.parametrize(
    ('options', 'message'),
    [
        ({'time_padding': 'reflect'}, "'reflect', must be one of zeros, replicate, circular"),
        ({'time_padding': 1}, 'must be a text'),
        ({'model.backbone.time_padding': 'x'}, 'is made of time_padding: set time_padding'),
        ({'time_pading': 'circular'}, "unknown key 'time_pading' .did you mean 'time_padding'"),
    ],
)
def test_what_it_cannot_be(options, message):
    with pytest.raises(UserError, match=message):
        load_config(SMOKE, options)


def test_a_printed_config_is_the_same_run(tmp_path):
    load_config(SMOKE, REPLICATE).dump(tmp_path / 'printed.py')
    config = load_config(tmp_path / 'printed.py')
    assert config.model.backbone.time_padding == 'replicate'
    assert named(str(tmp_path / 'printed.py')) == named(SMOKE, **REPLICATE)
    config.time_padding = 'zeros'
    config.dump(tmp_path / 'edited.py')
    with pytest.raises(UserError, match='time_padding is not what time_padding make of it'):
        load_config(tmp_path / 'edited.py')


def test_evaluation_builds_the_network_of_the_checkpoint(trained, request_for):
    path, model = trained
    clips = torch.randn(1, 2, 3, 8, 32, 32)
    for task in ('linear_probe', 'finetune'):
        trial = prepare(request_for(task, checkpoint=str(path), run=''))
        found = trial.model.eval().extract_levels(clips)
        wanted = model.extract_feat(clips.flatten(0, 1))
        assert all(map(torch.equal, found, wanted))
        assert trial.about()['variant'] == 'time_replicate'
    plain = prepare(request_for('retrieval'))
    plain.model.backbone.load_state_dict(model.backbone.state_dict())
    assert not torch.allclose(plain.model.eval().extract_levels(clips)[-1], wanted[-1])


def test_random_weights_have_it_too(request_for):
    trial = prepare(request_for('retrieval', options=REPLICATE))
    assert (trial.about()['method'], trial.about()['variant']) == ('random', 'time_replicate')
    plain = prepare(request_for('retrieval'))
    assert plain.about()['variant'] == ''
    assert trial.experiment() != plain.experiment()
    state = plain.model.backbone.state_dict()
    assert all(torch.equal(state[k], v) for k, v in trial.model.backbone.state_dict().items())


def test_another_padding_than_the_checkpoint_s_is_refused(trained, request_for):
    path, _ = trained
    message = "trained with time_padding 'replicate', not 'zeros'"
    with pytest.raises(UserError, match=message):
        prepare(request_for('retrieval', checkpoint=str(path)))
    with pytest.raises(UserError, match=message):
        check_resume(path, load_config(SMOKE))
    check_resume(path, load_config(SMOKE, REPLICATE))
    with pytest.raises(UserError, match='was trained with it as it is'):
        options = {'time_padding': 'circular'}
        prepare(request_for('retrieval', checkpoint=str(path), run='', options=options))


def test_a_checkpoint_from_before_was_trained_with_zeros(trained):
    path, _ = trained
    config = load_config(SMOKE)
    state = torch.load(path, weights_only=True)
    state['meta']['composed'] = composed_text(config, ('time_padding',))
    torch.save(state, path)
    carried = carried_config(state, path)
    assert pretraining_identity(pretraining_of(carried), 0) == named(SMOKE)
    check_resume(path, config)
    with pytest.raises(UserError, match="trained with time_padding 'zeros', not 'replicate'"):
        check_resume(path, load_config(SMOKE, REPLICATE))


def test_a_task_has_none_of_its_own():
    assert 'time_padding' not in load_task('finetune', 'smoke')
