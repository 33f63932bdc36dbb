"""A fact is changed once: what the model is fed, what evaluation feeds and the record go with it."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from mmaction.registry import DATASETS, MODELS, TRANSFORMS
from mmengine.config import Config
from mmengine.dataset import pseudo_collate
from mmengine.registry import init_default_scope

from mlfo_mm.engine.config import load_config
from mlfo_mm.engine.facts import MADE, check_made, complete
from mlfo_mm.errors import UserError
from mlfo_mm.evaluation import pipelines, pretrain_record
from mlfo_mm.evaluation.request import Request, pretraining_of
from mlfo_mm.evaluation.trial import Trial, prepare
from mlfo_mm.study.config_text import look_up

DIGITS = {'pretrain_dataset': 'digits_motion'}
RUNS = ('mlfo/r3d18@smoke', 'cvrl/r3d18@smoke', 'pace/r3d18@smoke', 'memdpc/r3d18@smoke')
PUBLISHED = 'mlfo/r3d18@k400'
slow = [pytest.param(run, marks=pytest.mark.slow) for run in (PUBLISHED, 'cvrl/r3d18@k400')]
every_run = pytest.mark.parametrize('run', [*RUNS, *slow])


class Shown:
    """What a run with options shows to its model, shows in evaluation, and records."""

    def __init__(self, run: str, **options: Any) -> None:
        init_default_scope('mmaction')
        self.run, self.options = run, DIGITS | options
        self.config: Config = load_config(run, self.options)
        self.trial: Trial = prepare(
            Request('none', 'retrieval', 'digits_motion', run=run, options=self.options)
        )
        self.finetuning = pipelines.train_pipeline(
            self.trial.geometry, self.trial.flip_ratio, 9 / 7
        )

    def trained(self) -> torch.Tensor:
        """The first sample's clips as the model gets them, (V, 3, T, H, W)."""
        data = DATASETS.build(copy.deepcopy(self.config.train_dataloader.dataset))
        model = MODELS.build(copy.deepcopy(self.config.model.data_preprocessor))
        return model(pseudo_collate([data[0]]), training=True)['inputs'][0]

    def evaluated(self) -> torch.Tensor:
        """The first test video's clips as the frozen backbone gets them."""
        data = DATASETS.build(self.trial.test_data('test'))
        return self.trial.model.data_preprocessor(pseudo_collate([data[0]]))['inputs'][0]

    def line(self) -> str:
        """The record's protocol in words."""
        return self.trial.protocol('retrieval')['line']

    def training_line(self) -> str:
        return pretrain_record._protocol(self.config, {}, 4)['line']


def steps(pipeline: list) -> list[Any]:
    """Steps of a pipeline by their order, those within others too."""
    found = []
    for step in pipeline:
        inner = [TRANSFORMS.build(copy.deepcopy(step))]
        while inner:
            each = inner.pop(0)
            found.append(each)
            inner = [part for part in getattr(each, 'transforms', ()) if callable(part)] + inner
    return found


def of_kind(pipeline: list, name: str) -> list[Any]:
    return [step for step in steps(pipeline) if type(step).__name__ == name]


def strides(pipeline: list, path: str) -> set[int]:
    """Distances of the frames that a pipeline's sampler takes of a video."""
    results = dict(filename=path, label=0, start_index=0, modality='RGB')
    for step in pipeline[:2]:
        results = TRANSFORMS.build(copy.deepcopy(step))(results)
    clips = np.asarray(results['frame_inds']).reshape(-1, results['clip_len'])
    return set(np.diff(clips, axis=1).ravel().tolist())


@pytest.fixture
def video(digits) -> str:
    return str(sorted((digits / 'digits_motion').rglob('*.mp4'))[0])


@every_run
def test_clip_len(run, digits):
    shown = Shown(run, clip_len=6)
    # MemDPC is shown blocks, which have a length of their own
    blocks = shown.config.sampler.get('block_len')
    assert shown.trained().shape[2] == (blocks or 6)
    assert shown.evaluated().shape[2] == 6
    assert shown.line().endswith(f'6 frames x stride {shown.config.frame_interval}, '
                                 f'{shown.config.crop_size} px of short side '
                                 f'{shown.config.short_side}')  # fmt: skip
    assert 'clips of 6 frames' in shown.training_line()


@every_run
def test_crop_size(run, digits):
    shown = Shown(run, crop_size=24)
    assert shown.trained().shape[-2:] == (24, 24)
    assert shown.evaluated().shape[-2:] == (24, 24)
    assert ', 24 px of short side' in shown.line() and ', 24 px' in shown.training_line()
    (crop,) = of_kind(shown.finetuning, 'RandomCrop')
    assert crop.size == 24


@every_run
def test_short_side(run, digits):
    side = 40 if run.endswith('smoke') else 144
    shown = Shown(run, short_side=side)
    # training crops whole frames, of a size of their own; evaluation scales them first
    (opened,) = of_kind(shown.trial.test_data('test')['pipeline'], 'OpenVideo')
    (resized,) = of_kind(shown.trial.test_data('test')['pipeline'], 'Resize')
    assert opened.short_side == side and side in resized.scale
    assert shown.line().endswith(f'px of short side {side}')
    # the centre crop of a larger frame shows less of it
    plain = Shown(run)
    assert shown.evaluated().shape == plain.evaluated().shape
    assert not torch.equal(shown.evaluated(), plain.evaluated())


@every_run
def test_frame_interval(run, video):
    shown = Shown(run, frame_interval=3)
    pipeline = shown.trial.test_data('test')['pipeline']
    assert strides(pipeline, video) == strides(shown.finetuning, video) == {3}
    assert 'frames x stride 3,' in shown.line()
    trained = strides(shown.config.train_pipeline, video)
    # the others draw a rate or a stride, which is what they learn
    assert trained == {3} if run.startswith('cvrl') else trained


@every_run
def test_frame_difference(run, digits):
    plain, shown = Shown(run), Shown(run, frame_difference=True)
    pipeline = [type(step).__name__ for step in steps(shown.config.train_pipeline)]
    assert pipeline.count('FrameDifference') == 1
    assert len(of_kind(plain.config.train_pipeline, 'FrameDifference')) == 0
    for found, before in ((shown.evaluated(), plain.evaluated()),
                          (shown.trained(), plain.trained())):  # fmt: skip
        assert found.mean() < before.mean()  # what stands still is black
    assert len(of_kind(shown.finetuning, 'FrameDifference')) == 1
    assert ' frame differences x stride ' in shown.line() and ' frames x' in plain.line()


@every_run
@pytest.mark.parametrize('ratio', [0.0, 1.0])
def test_flip_ratio(run, ratio, digits):
    shown = Shown(run, flip_ratio=ratio)
    for pipeline in (shown.config.train_pipeline, shown.finetuning):
        assert [step.flip_ratio for step in of_kind(pipeline, 'Flip')] == [ratio] * (ratio > 0)
    assert not of_kind(shown.trial.test_data('test')['pipeline'], 'Flip')


@every_run
def test_normalize(run, digits):
    values = {'normalize.mean': [10.0, 20.0, 30.0], 'normalize.std': [2.0, 4.0, 8.0]}
    shown = Shown(run, **values)
    raw = Shown(run, **{'normalize.mean': [0.0, 0.0, 0.0], 'normalize.std': [1.0, 1.0, 1.0]})
    shape = (3, 1, 1, 1)
    mean, std = (torch.tensor(values[key]).view(shape) for key in values)
    torch.testing.assert_close(shown.evaluated(), (raw.evaluated() - mean) / std)
    torch.testing.assert_close(shown.trained(), (raw.trained() - mean) / std)


@every_run
def test_pretrain_dataset(run, digits_root, tmp_path, monkeypatch):
    for name in ('mine', 'digits_motion'):
        (tmp_path / name).symlink_to(digits_root / 'digits_motion')
    monkeypatch.setenv('MLFO_DATA_ROOT', str(tmp_path))
    shown = Shown(run, pretrain_dataset='mine')
    data = DATASETS.build(copy.deepcopy(shown.config.train_dataloader.dataset))
    assert Path(data.get_data_info(0)['filename']).is_relative_to(tmp_path / 'mine')
    assert shown.training_line().startswith('pretraining on mine, ')
    assert pretraining_of(shown.config).dataset == 'mine'


@pytest.mark.parametrize(
    ('key', 'value', 'source'),
    [
        ('train_dataloader.dataset.dataset', 'x', 'set pretrain_dataset$'),
        ('model.backbone.base_channels', 8, r'set backbone\.base_channels$'),
        ('model.backbone', {}, 'set backbone$'),
        ('train_pipeline.1.clip_len', 8, 'made of views, sampler, reader: set views$'),
        ('train_pipeline', [], 'set views$'),
        ('train_dataloader.dataset.pipeline.3', {}, 'set views$'),
        ('model.data_preprocessor.mean', [0.0, 0.0, 0.0], 'set normalize'),
        ('model.data_preprocessor.std', [1.0, 1.0, 1.0], 'set normalize'),
    ],
)
def test_what_is_made_is_no_place_to_change_it(key, value, source, tmp_path):
    for run in (RUNS[0], PUBLISHED):
        with pytest.raises(UserError, match=rf'^--cfg-options {key}: .*{source}'):
            load_config(run, {key: value})
    nested: Any = value
    for part in reversed(key.split('.')):
        nested = {part: nested}
    (tmp_path / 'change.py').write_text('\n'.join(f'{k} = {v!r}' for k, v in nested.items()))
    with pytest.raises(UserError, match=rf'change\.py: {key}: .*{source}'):
        load_config(f'{RUNS[0]}+{tmp_path}/change.py')


def test_a_method_s_step_is_named_where_it_has_one():
    with pytest.raises(UserError, match='made of views, sampler, pretext_step, reader: set views'):
        load_config('rotnet3d/r3d18@smoke', {'train_pipeline': []})


def test_steps_of_the_views_are_changed_by_name():
    config = load_config(RUNS[0], {'views.gray.p': 0.125, 'views.jitter.hue': 0.0})
    (gray,) = of_kind(config.train_pipeline, 'PerFrameGray')
    assert gray.p == 0.125
    assert config.train_pipeline[3].transforms[-1].hue == 0.0
    without = load_config(RUNS[0], {'views.gray': None})
    assert not of_kind(without.train_pipeline, 'PerFrameGray')


def test_a_reference_may_ask_for_a_share_of_a_fact():
    choices = load_config('speednet/s3dg@k400+ctp7').train_pipeline[3]['transforms']
    assert [steps[0]['scale'] for steps in choices] == [(-1, 224), (-1, 256), (-1, 288)]


@pytest.mark.parametrize(
    ('text', 'message'),
    [
        ("views = dict(grya=dict(type='x'))", r"unknown key 'grya' .did you mean 'gray'"),
        (
            "views = dict(order=('decode', 'corp'))",
            r"views\.crop: .* does not name it .did you mean 'corp'",
        ),
        ("views = dict(order=('decode',))", r'views\.crop: views\.order does not name it'),
        ("views = dict(crop=dict(area_range='${crop_siz}'))", r"no 'crop_siz' .*'crop_size'"),
        (
            'views = dict(difference=None)\nframe_difference = True',
            'views has no step `difference` that would show them',
        ),
    ],
)
def test_views_that_do_not_fit_their_order_or_the_facts(text, message, tmp_path):
    (tmp_path / 'change.py').write_text(text)
    with pytest.raises(UserError, match=message):
        load_config(f'{RUNS[0]}+{tmp_path}/change.py')


@every_run
def test_a_printed_config_is_whole_and_the_same(run, tmp_path):
    config = load_config(run)
    config.dump(tmp_path / 'printed.py')
    again = load_config(tmp_path / 'printed.py')
    assert again.pretty_text.replace(again.run, config.run) == config.pretty_text


@pytest.mark.parametrize(
    ('change', 'message'),
    [
        (
            {'train_pipeline.1.clip_len': 4},
            'train_pipeline is not what views, sampler, reader make',
        ),
        ({'train_dataloader.dataset.dataset': 'x'}, 'dataset.dataset is not what pretrain_dataset'),
        ({'model.backbone.base_channels': 8}, 'model.backbone is not what backbone make of it'),
        ({'model.data_preprocessor.mean': [1, 2, 3]}, 'mean is not what normalize'),
        ({'crop_size': 24}, 'train_pipeline is not what views'),
    ],
)
def test_a_printed_config_that_was_edited_in_one_place_of_two_is_refused(change, message, tmp_path):
    config = load_config(RUNS[0])
    for key, value in change.items():
        *path, last = key.split('.')
        node = look_up(config, '.'.join(path)) if path else config
        node[last] = value
    config.dump(tmp_path / 'printed.py')
    with pytest.raises(UserError, match=message) as caught:
        load_config(tmp_path / 'printed.py')
    assert str(tmp_path / 'printed.py') in str(caught.value)
    assert 'change those, or take them out' in str(caught.value)


def test_a_config_without_the_sources_keeps_what_it_has(tmp_path):
    config = load_config(RUNS[0])
    for name in {name for origins in MADE.values() for name in origins}:
        config.pop(name, None)
    config.train_pipeline[1].clip_len = 4
    config.train_dataloader.dataset.pipeline[1].clip_len = 4
    config.dump(tmp_path / 'plain.py')
    again = load_config(tmp_path / 'plain.py', {'model.backbone.base_channels': 8})
    assert again.train_pipeline[1].clip_len == 4
    assert again.model.backbone.base_channels == 8


def test_completing_twice_changes_nothing():
    values = load_config(RUNS[0])._to_lazy_dict()
    once = complete(values)
    check_made(once, 'here')  # builds them anew
    assert once.keys() == complete(once).keys() == values.keys()
