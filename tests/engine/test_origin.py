"""What a run is made of is in its checkpoints and compared at --resume; stops add up to one run."""

from __future__ import annotations

import copy
import shutil
from pathlib import Path

import pytest
import torch
from mmaction.registry import MODELS
from mmengine.hooks import Hook
from mmengine.registry import HOOKS

from mlfo_mm.engine import launch
from mlfo_mm.engine.composed import COMPOSED, composed_text
from mlfo_mm.engine.config import load_config
from mlfo_mm.engine.origin import BATCH, BROKEN, CHANGES, DATA, START, STOPS, continued, origin
from mlfo_mm.errors import UserError
from mlfo_mm.evaluation.lists import checked_lists
from mlfo_mm.evaluation.pretrain_record import record_pretraining
from mlfo_mm.evaluation.weights import load_backbone
from mlfo_mm.study.config_text import read_values

RUN = 'simclr/r3d18@smoke'
PATH = Path('epoch_1.pth')


class Stopped(Exception):
    """Raised after an epoch."""


@HOOKS.register_module()
class EndHook(Hook):
    """End a run after its first epoch, the checkpoint written."""

    priority = 'LOWEST'

    def after_train_epoch(self, runner) -> None:
        raise Stopped


@pytest.fixture
def begun(digits):
    """``begun(batch=4, **options)``: what a run that begins now is made of."""

    def begin(batch=4, **options):
        config = load_config(RUN, {key.replace('__', '.'): v for key, v in options.items()})
        return origin(config, batch, launch.training_list(config))

    return begin


def stopped(facts, **meta):
    return dict(meta=dict(facts, seed=0, epoch=1) | {STOPS: ['20260102_030405']} | meta)


def test_a_run_goes_on_as_it_began(begun):
    facts = begun()
    assert facts[DATA]['file'] == 'digits_motion/train.txt' and facts[DATA]['videos'] == 16
    found = continued(PATH, stopped(facts), begun(), 0)
    assert found[STOPS] == ['20260102_030405'] and found[CHANGES] == []
    # what is the machine's own
    free = dict(train_dataloader__num_workers=7, log_level='ERROR', env_cfg__cudnn_benchmark=False)
    assert continued(PATH, stopped(facts), begun(**free), None)[DATA] == facts[DATA]


@pytest.mark.parametrize(
    ('options', 'said'),
    [
        (dict(batch=8), 'in batches of 4 in all processes, not 8: change train_dataloader'),
        (dict(optim_wrapper__optimizer__lr=0.5), r'optim_wrapper\.optimizer\.lr=.* not 0\.5'),
        (dict(model__first_stage=0.7), r'model\.first_stage=.*, not 0\.7'),
        (dict(frame_interval=3), 'frame_interval=., not 3'),
        (dict(optim_wrapper__clip_grad=dict(max_norm=1)), r'clip_grad'),
    ],
)
def test_another_config_is_another_run(options, said, begun):
    with pytest.raises(UserError, match=said) as caught:
        continued(PATH, stopped(begun()), begun(**options), 0)
    assert '\n' not in str(caught.value)


def test_another_seed_is_another_run(begun):
    with pytest.raises(UserError, match='with seed 0, not 1: add --seed 0, or start anew without'):
        continued(PATH, stopped(begun()), begun(), 1)


def test_weights_that_the_run_did_not_begin_with(begun, tmp_path):
    weights, others = tmp_path / 'weights.pth', tmp_path / 'others.pth'
    weights.write_bytes(b'1')
    others.write_bytes(b'2')
    named, other = begun(load_from=str(weights)), begun(load_from=str(others))
    with pytest.raises(UserError, match=r'began with random weights, not with load_from=.*weights'):
        continued(PATH, stopped(begun()), named, 0)
    with pytest.raises(
        UserError, match=r'began with the weights of .*weights.pth, not with .*others'
    ):
        continued(PATH, stopped(named), other, 0)
    assert continued(PATH, stopped(named), begun(), 0)[START] == named[START]
    others.write_bytes(b'1')  # another name for the same
    assert continued(PATH, stopped(named), begun(load_from=str(others)), 0)[START] == named[START]
    weights.unlink()
    gone = begun(load_from=str(weights))
    assert continued(PATH, stopped(named), gone, 0)[START] == named[START]
    with pytest.raises(UserError, match='began with random weights'):
        continued(PATH, stopped(begun()), gone, 0)


def test_what_a_stop_may_change_is_told(begun):
    now = begun(randomness__deterministic=True, default_hooks__logger__interval=7)
    facts = stopped(begun(), processes=2, code='mlfo_mm 0.1')
    found = continued(PATH, facts, now, 0)[CHANGES]
    assert [line.partition(' was ')[0] for line in found] == [
        f'after epoch 1 {key}'
        for key in (
            'default_hooks.logger.interval', 'randomness.deterministic', 'processes', 'code',
        )
    ]  # fmt: skip
    assert found[1:3] == [
        'after epoch 1 randomness.deterministic was True, before False',
        'after epoch 1 processes was 1, before 2',
    ]
    assert found[3].endswith(f'torch {torch.__version__.partition("+")[0]}, before mlfo_mm 0.1')


def test_a_schedule_is_not_changed_in_silence(begun):
    for options in (
        dict(param_scheduler__0__gamma=0.7),
        dict(param_scheduler__0__gamma=0.7, train_cfg__max_epochs=9),
        dict(param_scheduler__0__milestones=[9]),
    ):
        with pytest.raises(
            UserError, match=r'with param_scheduler\.0\..*, not (0\.7|9); start anew'
        ):
            continued(PATH, stopped(begun()), begun(**options), 0)
    longer = begun(param_scheduler__0__milestones=[9], train_cfg__max_epochs=9)
    assert continued(PATH, stopped(begun()), longer, 0)[CHANGES] == [
        'after epoch 1 its schedule was the one that it began with',
        'after epoch 1 train_cfg.max_epochs was 9, before 2',
    ]


def test_a_longer_run_is_told(begun):
    longer = begun(train_cfg__max_epochs=9)
    found = continued(PATH, stopped(begun()), longer, 0)
    assert found[CHANGES] == ['after epoch 1 train_cfg.max_epochs was 9, before 2']
    again = continued(PATH, stopped(found, epoch=5), longer, 0)
    assert again[CHANGES] == found[CHANGES]


@pytest.mark.parametrize(
    'meta', [{}, {DATA: 'x', STOPS: 3, CHANGES: 'y', 'seed': None, BATCH: None}]
)
def test_older_checkpoints_are_taken_as_they_are(meta, begun):
    found = continued(PATH, dict(meta=meta), begun(), 0)
    assert (found[STOPS], found[CHANGES], found[START]) == ([], [], None)


def train(work_dir, resume=None, hook=None, **options):
    options = {'train_dataloader.num_workers': 0, 'log_level': 'ERROR'} | {
        key.replace('__', '.'): value for key, value in options.items()
    }
    config = load_config(RUN, options)
    config.work_dir = str(work_dir)
    config.custom_hooks += [dict(type=hook)] if hook else []
    config.experiment_name = f'{work_dir.name}_{len(list(work_dir.glob("*")))}'
    return launch.train(config, 'none', resume, auto_scale_lr=False)


@pytest.fixture
def own_digits(digits, tmp_path, monkeypatch) -> Path:
    """A copy of the digits set that may be changed."""
    root = shutil.copytree(digits, tmp_path / 'data', symlinks=False)
    monkeypatch.setenv('MLFO_DATA_ROOT', str(root))
    return root / 'digits_motion'


@pytest.mark.slow
def test_a_list_with_test_videos_stays_in_the_run(own_digits, tmp_path):
    """Trained an epoch on test videos, resumed with the clean list: refused, and never hidden."""
    clean = (own_digits / 'train.txt').read_text()
    leaky = clean.splitlines()[2:] + (own_digits / 'test.txt').read_text().splitlines()[:2]
    (own_digits / 'train.txt').write_text('\n'.join(leaky) + '\n')
    work_dir = tmp_path / 'run'
    with pytest.raises(Stopped):
        train(work_dir, hook='EndHook')
    (own_digits / 'train.txt').write_text(clean)
    with pytest.raises(
        UserError, match='was trained on another list than that of digits_motion/tr'
    ):
        train(work_dir, 'auto')
    # an evaluation of it says that the list was another one
    config = load_config(RUN)
    told = torch.load(work_dir / 'epoch_1.pth', weights_only=True)['meta'][DATA]
    found = checked_lists('digits_motion', 1, config, told)
    assert found['lists']['pretraining'] == told != found['lists']['training']
    assert 'no longer those that the weights were trained on' in found['unchecked']['pretraining']
    # of a checkpoint that does not say what it was trained on, nothing is said
    assert 'content' not in checked_lists('digits_motion', 1, config)['lists']['pretraining']


@pytest.mark.slow
def test_a_run_of_two_stops_is_recorded_whole(own_digits, tmp_path):
    work_dir, broken = tmp_path / 'run', own_digits / 'train.txt'
    video = own_digits / broken.read_text().splitlines()[3].split()[0]
    video.write_bytes(b'no video')  # a copy: where it was a link, the source stays
    with pytest.raises(Stopped):
        train(work_dir, hook='EndHook')
    meta = torch.load(work_dir / 'epoch_1.pth', weights_only=True)['meta']
    assert meta[BROKEN] == [3] and len(meta[STOPS]) == 1
    first = work_dir / meta[STOPS][0]
    first.rename(first.with_name('29991231_235959'))  # a clock that was set back
    (work_dir / 'my_notes/vis_data').mkdir(parents=True)
    state = torch.load(work_dir / 'epoch_1.pth', weights_only=True)
    state['meta'][STOPS] = ['29991231_235959']
    torch.save(state, work_dir / 'epoch_1.pth')
    train(work_dir, 'auto')
    record, _ = record_pretraining(work_dir, tmp_path / 'results')
    assert record.n_samples['train'] == dict(expected=16, read=15, skipped=1)
    assert record.curves['epoch'] == [1, 2]
    assert record.metrics['loss'] == record.curves['loss'][-1]
    assert record.leakage['lists']['pretraining']['content'] == meta[DATA]['content']
    assert record.train_log['stops'] == 2


@pytest.mark.slow
def test_the_weights_that_a_run_began_with(digits, tmp_path):
    train(tmp_path / 'one', train_cfg__max_epochs=1)
    train(tmp_path / 'two', train_cfg__max_epochs=1, load_from=str(tmp_path / 'one/epoch_1.pth'))
    record, _ = record_pretraining(tmp_path / 'two', tmp_path / 'results')
    plain, _ = record_pretraining(tmp_path / 'one', tmp_path / 'results')
    start = plain.checkpoint['sha256']
    assert any(f'began with weights of SHA-256 {start}' in note for note in record.notes)
    assert record.leakage['lists']['pretraining']['start'] == start
    config = load_config(RUN)
    loaded = load_backbone(
        MODELS.build(config.model.backbone), tmp_path / 'two/epoch_1.pth', 'simclr', 'default', 'r'
    )
    found = checked_lists('digits_motion', 1, config, loaded.data)
    assert 'began with other weights' in found['unchecked']['start']


@pytest.mark.slow
def test_a_checkpoint_by_a_link_and_the_config_that_a_stop_left(digits, tmp_path):
    with pytest.raises(Stopped):
        train(tmp_path / 'run', hook='EndHook')
    whole = (tmp_path / 'run/epoch_1.pth').rename(tmp_path / 'elsewhere.pth')
    (tmp_path / 'run/epoch_1.pth').symlink_to(whole)
    (left,) = (tmp_path / 'run').glob('*.py')
    composed = read_values(torch.load(whole, weights_only=True)['meta'][COMPOSED])
    (first,) = (tmp_path / 'run').glob('2*_*')
    first.rename(first.with_name('20200101_000000'))
    # and one of before, in which mmengine put what it had made of the machine and the stop
    older = dict(resume=True, load_from=str(whole), train_cfg__type='ResumableTrainLoop')
    for number, changes in enumerate(({}, older)):
        config = load_config(str(left))
        assert read_values(composed_text(config)) == composed | dict(run=str(left))
        assert config.custom_hooks.pop()['type'] == 'EndHook'
        config.experiment_name = f'left_{number}'
        config.merge_from_dict({key.replace('__', '.'): value for key, value in changes.items()})
        if changes:
            with pytest.raises(UserError, match='say --resume'):
                launch.train(copy.deepcopy(config), 'none', None, auto_scale_lr=False)
        text = left.read_text()
        launch.train(config, 'none', 'auto', auto_scale_lr=False)
        left.write_text(text)
        (tmp_path / 'run/epoch_2.pth').unlink()
