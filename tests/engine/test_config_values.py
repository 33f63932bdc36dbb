"""Configs as hostile input: wrong kinds, missing keys, NaN, other encodings end in one line."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlfo_mm.engine.config import load_config, load_task
from mlfo_mm.engine.config_values import TRAINING, require
from mlfo_mm.errors import UserError
from mlfo_mm.study.config_text import look_up
from tests.conftest import REPO

SMOKE = 'mlfo/r3d18@smoke'
PROBE = ('linear_probe', 'smoke')
NAN, INF = float('nan'), float('inf')


def test_none_stays_where_a_component_takes_it():
    options = {'backbone.pretrained': None, 'env_cfg.mp_cfg.opencv_num_threads': None}
    load_config(SMOKE, options | {'randomness.seed': None})


@pytest.mark.parametrize(
    ('options', 'message'),
    [
        ({'train_cfg.max_epochs.x': 3}, r'x: train_cfg\.max_epochs=2 holds no keys'),
        ({'train_cfg.max_epochs': 'ten'}, "max_epochs='ten': must be a number, the config has 2"),
        ({'train_cfg.max_epochs': 2.5}, r'train_cfg\.max_epochs=2\.5, must be a whole number'),
        ({'train_cfg.max_epochs': 0}, r'max_epochs=0, must be a whole number of at least 1'),
        ({'train_cfg.max_epochs': True}, 'max_epochs=True: must be a number'),
        ({'train_cfg': 3}, r'train_cfg=3: must be a dict'),
        ({'train_dataloader.batch_size': -8}, r'batch_size=-8, must be a whole number'),
        ({'train_dataloader.num_workers': -1}, r'num_workers=-1, must be .* at least 0'),
        ({'pretrain_dataset': 5}, 'pretrain_dataset=5: must be a text'),
        ({'train_dataloader.dataset.max_corrupt': 2.0}, r'max_corrupt=2\.0, must be a share'),
        ({'train_dataloader.dataset.max_corrupt': NAN}, r'max_corrupt=nan, must be a share'),
        ({'train_dataloader.dataset.decode_timeout': 0}, r'decode_timeout=0, must be .*or None'),
        (
            {'train_dataloader.dataset.on_corrupt': 'skip'},
            "on_corrupt='skip', must be 'replace' or",
        ),
        ({'optim_wrapper.optimizer.lr': NAN}, r'optimizer\.lr=nan, must be a number above 0'),
        ({'optim_wrapper.optimizer.lr': INF}, r'optimizer\.lr=inf, must be a finite number'),
        ({'optim_wrapper.optimizer.lr': [1e-3]}, r'lr=\[0\.001\]: must be a number'),
        ({'optim_wrapper.optimizer.lr': None}, r'lr=None, must be a number above 0'),
        ({'model.levels.high.instance.temperature': -INF}, r'temperature=-inf, must be a finite'),
        ({'randomness.seed': -1}, r'randomness\.seed=-1, must be .*at least 0 .*, or None'),
        ({'clip_len': 8.5}, r'clip_len=8\.5, must be a whole number'),
        ({'views': 'none'}, "views='none': must be a dict"),
        ({'flip_ratio': 1.5}, 'flip_ratio=1.5, must be a share from 0 to 1'),
        ({'work_dir': ['out/a', 'b']}, r"work_dir=\['out/a', 'b'\], must be a text, or None"),
        ({'work_dir': True}, 'work_dir=True, must be a text, or None'),
        ({'load_from': -1}, 'load_from=-1, must be a text, or None'),
        (
            {'default_hooks.checkpoint.interval': None},
            'interval=None: must be a value, the .* has 1',
        ),
        ({'model.first_stage': None}, 'first_stage=None: must be a value, the config has 0.5'),
        ({'model.levels.low.graph.loss_weight': None}, 'loss_weight=None: must be a value'),
        ({'model.prototypes.epsilon': None}, 'epsilon=None: must be a value, the config has 0.05'),
        ({'normalize.mean': [NAN, 0.0, 0.0]}, r'normalize\.mean\.0=nan, must be a finite number'),
        ({'variant': {'a': 1}}, "variant={'a': 1}: must be a text"),
    ],
)
def test_values_of_a_wrong_kind(options, message):
    with pytest.raises(UserError, match=message) as caught:
        load_config(SMOKE, options)
    assert '\n' not in str(caught.value)


@pytest.mark.parametrize(
    ('key', 'value'),
    [('num_clips', 0), ('num_clips', 'two'), ('num_workers', -1), ('batch_size', 1.5)],
)
def test_values_of_the_protocol(key, value):
    with pytest.raises(UserError, match=rf'downstream\.{key}='):
        load_task(*PROBE, {f'downstream.{key}': value})


def test_numbers_of_neighbours():
    for value in ((0,), (), 0, ('5',)):
        with pytest.raises(UserError, match=r'downstream\.topk=.*(must be|the config has)'):
            load_task('retrieval', 'smoke', {'downstream.topk': value})
    assert load_task('retrieval', 'smoke', {'downstream.topk': [1, 3]}).downstream.topk == [1, 3]


def test_values_of_another_spelling_are_taken():
    options = {
        'optim_wrapper.optimizer.lr': 1,
        'train_dataloader.dataset.decode_timeout': None,
        'train_dataloader.dataset.max_corrupt': 0,
        'normalize.mean': [0, 0, 0],
        'randomness.seed': None,
    }
    config = load_config(SMOKE, options)
    assert all(look_up(config, key) == value for key, value in options.items())


@pytest.mark.parametrize(
    ('dotted', 'value'),
    [('a.0.b', 3), ('a.1.b', None), ('a.x', None), ('a.0.b.c', None), ('b', None)],
)
def test_a_value_by_its_dotted_key(dotted, value):
    assert look_up({'a': [{'b': 3}]}, dotted) == value


@pytest.mark.parametrize('key', TRAINING)
def test_a_missing_key_is_named(key):
    config = load_config(SMOKE)
    require(config)
    *path, last = key.split('.')
    node = look_up(config, '.'.join(path)) if path else config
    node.pop(last)
    with pytest.raises(UserError, match=rf'r3d18@smoke\.py: the key {key} is missing'):
        require(config)


@pytest.mark.parametrize(
    ('content', 'message'),
    [
        ('method = "x"'.encode('utf-16'), 'null bytes|decode|utf'),
        ('# \xe9\nmethod = "x"'.encode('latin-1'), 'decode|utf'),
        (b'\xff\xfe\x00', 'decode|null|utf'),
        (b'method = ' + b'(' * 300, 'cannot read'),
        (b'model = dict(type=', r'never closed|line 1|unexpected'),
        (b'raise RuntimeError("a\\nb")', 'cannot read|holds only changes'),
    ],
)
def test_files_that_are_no_config(tmp_path, content, message):
    path = tmp_path / 'mine.py'
    path.write_bytes(content)
    with pytest.raises(UserError, match=message) as caught:
        load_config(path)
    assert str(path) in str(caught.value) and '\n' not in str(caught.value)


def test_windows_line_ends_are_no_fault_and_a_mark_is_named(tmp_path):
    load_config(SMOKE).dump(tmp_path / 'mine.py')
    text = (tmp_path / 'mine.py').read_text().replace("variant = 'default'", "variant = 'é'")
    folder = tmp_path
    content = text.replace('\n', '\r\n').encode()
    (folder / 'mine.py').write_bytes(content)
    assert load_config(folder / 'mine.py').variant == 'é'
    (folder / 'mine.py').write_bytes(b'\xef\xbb\xbf' + content)
    with pytest.raises(UserError, match=r'mine\.py: .*U\+FEFF .*line 1'):
        load_config(folder / 'mine.py')


KEYS = st.sampled_from(
    ['train_cfg.max_epochs', 'model', 'model.levels.low', 'variant', 'x', 'a..b', '']
)
VALUES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)


@settings(max_examples=25)
@given(options=st.dictionaries(KEYS, VALUES | st.lists(VALUES, max_size=2), max_size=2))
def test_any_option_gives_a_config_or_one_line(options):
    try:
        load_task(*PROBE, options)
    except UserError as error:
        assert '\n' not in str(error)


@pytest.mark.slow
def test_the_tool_says_it_in_one_line(tmp_path):
    done = subprocess.run(
        [
            *(sys.executable, 'tools/train.py', 'mlfo/r3d18@smoke', '--work-dir'),
            *(str(tmp_path), '--cfg-options', 'optim_wrapper.optimizer.lr=nan'),
        ],
        cwd=REPO,
        env=os.environ | dict(OMP_NUM_THREADS='1'),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].startswith(
        'error: configs/mlfo/r3d18@smoke.py: optim_wrapper'
    )
    assert 'Traceback' not in done.stderr and not list(tmp_path.iterdir())
