"""What a run is called: seeds share a family, other work has another name."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mlfo_mm.study.identity import (
    Pretraining,
    Protocol,
    RunKey,
    evaluation_identity,
    folder_name,
    hash_text,
    is_padded,
    padded_variant,
    pretraining_identity,
    run_key,
)
from mlfo_mm.study.records import SAFE_ID

RUN = Pretraining('pace', 'contrast', 'r3d18', 'ucf101', 'paper', 'a = 1', 'bare = 1')
PROTOCOL = Protocol(1, 'retrieval', 'hmdb51', 1, 'prob', False, False, 'b = 2')


def test_a_pretraining():
    about = pretraining_identity(RUN, 3)
    family = hash_text('# pretraining\na = 1')
    assert about == dict(
        experiment=f'pace-contrast-r3d18-ucf101-pretrain-ucf101-split1-seed3-{family[:8]}',
        method='pace',
        variant='contrast',
        backbone='r3d18',
        pretrain_dataset='ucf101',
        task='pretrain',
        dataset='ucf101',
        split=1,
        seed=3,
        profile='paper',
        config_text='seed = 3\n# pretraining\na = 1',
        config_hash=hash_text('seed = 3\n# pretraining\na = 1'),
        family_hash=family,
        settings={},
    )
    swept = replace(RUN, settings=dict(first_stage=0.5))
    assert pretraining_identity(swept, 3) == about | dict(settings=dict(first_stage=0.5))
    assert folder_name(about) == f'pace-contrast_ucf101_{family[:8]}_seed3'
    assert SAFE_ID.fullmatch(about['experiment'])


def test_an_evaluation():
    about = evaluation_identity(RUN, PROTOCOL, 0)
    assert about['experiment'].startswith(
        'pace-contrast-r3d18-ucf101-retrieval-hmdb51-split1-seed0-'
    )
    _, _, asked, _, weights, _, downstream = about['config_text'].split('\n')
    assert (weights, downstream) == ('a = 1', 'b = 2')
    assert "'dataset': 'hmdb51'" in asked and "'amp': False" in asked
    assert about['family_hash'] == hash_text(about['config_text'].partition('\n')[2])


@pytest.mark.parametrize(
    'changes',
    [
        dict(version=2),
        dict(task='order'),
        dict(dataset='ucf101'),
        dict(split=2),
        dict(average='score'),
        dict(amp=True),
        dict(skip_broken=True),
        dict(text='b = 3'),
    ],
    ids=str,
)
def test_other_work_has_another_name(changes):
    plain = evaluation_identity(RUN, PROTOCOL, 0)
    other = evaluation_identity(RUN, replace(PROTOCOL, **changes), 0)
    assert other['experiment'] != plain['experiment']
    assert other['family_hash'] != plain['family_hash']


def test_seeds_are_one_family():
    first, second = (evaluation_identity(RUN, PROTOCOL, seed) for seed in (0, 1))
    assert first['family_hash'] == second['family_hash']
    assert first['experiment'] != second['experiment']
    assert first['config_hash'] != second['config_hash']


def test_of_untrained_weights_only_what_is_bare_counts():
    about = evaluation_identity(RUN, PROTOCOL, 0, untrained=True)
    assert (about['method'], about['variant'], about['pretrain_dataset']) == ('random', '', 'none')
    same = replace(RUN, method='byol', variant='default', dataset='mine', text='c = 3')
    assert evaluation_identity(same, PROTOCOL, 0, untrained=True) == about
    other = replace(RUN, bare='bare = 2')
    assert evaluation_identity(other, PROTOCOL, 0, untrained=True) != about
    tuned = evaluation_identity(RUN, replace(PROTOCOL, task='finetune'), 0, untrained=True)
    assert tuned['method'] == 'scratch'


def test_rows_of_records(make_record):
    assert run_key(make_record()) == RunKey('mlfo', 'default', 'r3d18', 'digits_motion')
    untrained = dict(method='random', pretrain_dataset='none')
    assert run_key(make_record(**untrained)) == RunKey('random', '', 'r3d18', 'none')
    tuned = make_record(task='finetune', **untrained)
    assert run_key(tuned) == RunKey('scratch', '', 'r3d18', 'none')


@pytest.mark.parametrize(
    ('variant', 'padding', 'name'),
    [
        ('default', 'zeros', 'default'),
        ('', 'zeros', ''),
        ('default', 'replicate', 'time_replicate'),
        ('', 'circular', 'time_circular'),
        ('official', 'circular', 'official+time_circular'),
    ],
)
def test_another_padding_is_another_variant(variant, padding, name):
    assert padded_variant(variant, padding) == name
    assert is_padded(name) == (padding != 'zeros')


def test_untrained_weights_have_their_padding_for_a_variant(make_record):
    run = replace(RUN, variant='contrast+time_replicate', time_padding='replicate', bare='bare = 2')
    about = evaluation_identity(run, PROTOCOL, 0, untrained=True)
    assert (about['method'], about['variant']) == ('random', 'time_replicate')
    assert evaluation_identity(run, PROTOCOL, 0)['variant'] == 'contrast+time_replicate'
    record = make_record(method='random', variant='time_replicate', pretrain_dataset='none')
    assert run_key(record) == RunKey('random', 'time_replicate', 'r3d18', 'none')
    assert run_key(make_record(method='random', variant='other')).variant == ''
