"""Recipes, variants and changes: all parse, are short, build, and merge with every run of theirs."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from mmaction.registry import MODELS, TRANSFORMS

from mlfo_mm.engine.compose import change_file, main_recipe, named
from mlfo_mm.engine.config import load_config, small_run
from mlfo_mm.errors import UserError
from mlfo_mm.study.methods import cards
from mlfo_mm.study.paths import CONFIGS
from mlfo_mm.study.profiles import PROFILES
from mlfo_mm.study.runs import SETS, RunName

RECIPES = sorted(path for path in CONFIGS.glob('*/*_*.py') if named(path))
CHANGES = sorted(CONFIGS.glob('*/variants/*.py'))
SMALL = [name for name, profile in PROFILES.items() if not profile.paper]
OF_CARDS = {(card.key, each.variant) for card in cards().values() for each in card.variants}


def code_lines(path: Path) -> int:
    """Lines of code but the docstring, imports, blank lines and comments."""
    text = path.read_text()
    skipped = {
        line
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Import | ast.ImportFrom | ast.With)
        or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
        for line in range(node.lineno, node.end_lineno + 1)
    }
    return sum(
        bool(line.split('#')[0].strip()) and number not in skipped
        for number, line in enumerate(text.splitlines(), 1)
    )


@pytest.mark.parametrize('path', RECIPES, ids=lambda path: str(path.relative_to(CONFIGS)))
def test_recipes_are_short_whole_and_build(path):
    assert code_lines(path) <= 25
    config = load_config(path)
    assert load_config(config.run).pretty_text == config.pretty_text
    assert config.profile == 'paper' and config.method == path.parent.name
    assert config.backbone_name == path.stem.rpartition('_')[0]
    assert config.pretrain_dataset == SETS[path.stem.rpartition('_')[2]]
    check(config)
    for step in config.train_pipeline:
        TRANSFORMS.build(step)
    MODELS.build(config.model)


def check(config) -> None:
    for key in (
        'method', 'variant', 'backbone_name', 'profile', 'pretrain_dataset', 'clip_len',
        'crop_size', 'short_side', 'frame_interval', 'normalize',
    ):  # fmt: skip
        assert config.get(key), key
    data = config.train_dataloader.dataset
    assert data.dataset == config.pretrain_dataset
    sampler = data.pipeline[1]
    # clips are as long as in evaluation; blocks of a clip are shorter
    assert sampler.get('clip_len', config.clip_len) == config.clip_len > sampler.get('block_len', 0)
    assert data.pipeline == config.train_pipeline


@pytest.mark.parametrize('method', cards())
def test_every_method_on_every_profile_and_set(method):
    for at in (*SMALL, *SETS):
        config = load_config(f'{method}/r3d18@{at}')
        check(config)
        assert config.profile == (at if at in SMALL else 'paper')
        assert config.variant == 'default' and config.method == method
        assert config.pretrain_dataset == SETS.get(at, PROFILES.get(at) and PROFILES[at].pretrain)
        assert config.run == f'{method}/r3d18@{at}'


def test_every_recipe_is_of_a_card_and_every_card_s_is_there():
    assert {path.parent.name for path in RECIPES} == set(cards())
    for card in cards().values():
        assert main_recipe(card.key) in RECIPES


@pytest.mark.parametrize('change', CHANGES, ids=lambda path: f'{path.parts[-3]}-{path.stem}')
def test_variants_are_short_and_merge_with_every_run_of_their_method(change):
    method = change.parent.parent.name
    if (method, change.stem) not in OF_CARDS:  # an ablation
        assert code_lines(change) <= 10
    for base in (*SMALL, 'k400', 'ucf101'):
        plain = load_config(f'{method}/r3d18@{base}')
        changed = load_config(f'{method}/r3d18@{base}+{change.stem}')
        assert changed.variant == change.stem
        assert Path(changed.filename).name == f'r3d18@{base}+{change.stem}.py'
        plain, changed = plain.to_dict(), changed.to_dict()
        differ = {key for key in plain | changed if plain.get(key) != changed.get(key)}
        views = {'sampler', 'views', 'train_pipeline', 'train_dataloader'}
        assert {'run', 'variant', 'model'} <= differ <= {'run', 'variant', 'model'} | views
        assert differ.isdisjoint(views) or (method, change.stem) in OF_CARDS


@pytest.mark.parametrize('path', sorted(CONFIGS.glob('changes/*.py')), ids=lambda path: path.stem)
def test_changes_merge_with_any_run_and_leave_the_method_alone(path):
    for method in ('mlfo', 'moco', 'vcop'):
        for at in ('smoke', 'k400'):
            plain = load_config(f'{method}/r3d18@{at}')
            changed = load_config(f'{method}/r3d18@{at}+{path.stem}')
            assert changed.variant == plain.variant
            assert changed.pretty_text != plain.pretty_text


@pytest.mark.parametrize(
    ('run', 'message'),
    [
        ('mlof/r3d18@smoke', r"unknown method 'mlof' .did you mean 'mlfo'"),
        ('zzz/r3d18@smoke', "unknown method 'zzz': one of byol, "),
        ('zzz/r3d18@k400', "unknown method 'zzz': one of byol, "),
        ('mlfo/r3d81@smoke', r"unknown backbone 'r3d81' .did you mean 'r3d18'"),
        ('mlfo/r3d81@k400', r"unknown backbone 'r3d81' .did you mean 'r3d18'"),
        ('mlfo/zzz@mini', "unknown backbone 'zzz': one of c3d, i3d, "),
        ('mlfo/r3d18@smoek', r"unknown profile 'smoek' .did you mean 'smoke'"),
        ('mlfo/r3d18@paper', 'name the pretraining set .*: mlfo/r3d18@k400 or mlfo/r3d18@k600'),
        ('mlfo/r3d18@mini+one_hto', r"no variant or change 'one_hto' .did you mean 'one_hot'"),
        ('moco/r3d18@mini+one_hot', "moco has no variant or change 'one_hot': there are chan"),
        ('mlfo/r3d18@mini+there/is_none.py', 'there/is_none.py does not exist'),
        ('mlfo/r3d18', 'needs a profile, for instance mlfo/r3d18@demo'),
    ],
)
def test_unknown_parts_of_a_run(run, message):
    with pytest.raises(UserError, match=message) as caught:
        load_config(run)
    assert '\n' not in str(caught.value)


def test_names_of_files_and_runs(tmp_path):
    assert named(CONFIGS / 'mlfo/r3d18_k400.py') == RunName('mlfo/r3d18', 'k400')
    for path in ('mlfo/method.py', 'runtime.py', 'views/two_clips.py', 'mlfo/r3d18_no.py'):
        assert named(CONFIGS / path) is None
    assert load_config(CONFIGS / 'mlfo/r3d18_k400.py').filename == 'configs/mlfo/r3d18@k400.py'
    assert change_file('mlfo', 'compile') == CONFIGS / 'changes/compile.py'
    assert change_file('mlfo', 'one_hot') == CONFIGS / 'mlfo/variants/one_hot.py'
    assert small_run(load_config('moco/s3d@k400')) == 'moco/s3d@demo'


def test_a_recipe_of_one_s_own_under_a_profile(tmp_path):
    load_config('moco/s3d@k400', {'model.momentum': 0.5}).dump(tmp_path / 'mine.py')
    config = load_config(f'{tmp_path}/mine.py@smoke')
    shipped = load_config('moco/s3d@smoke')
    assert (config.profile, config.model.momentum) == ('smoke', 0.5)
    for key in ('train_cfg', 'optim_wrapper', 'clip_len', 'crop_size', 'pretrain_dataset'):
        assert config[key] == shipped[key]


def test_variants_of_a_file_are_those_of_its_method(tmp_path):
    load_config('mlfo/r3d18@smoke').dump(tmp_path / 'mine.py')
    assert load_config(f'{tmp_path}/mine.py+one_hot').variant == 'one_hot'
    with pytest.raises(UserError, match="mlfo has no variant or change 'one_hto'"):
        load_config(f'{tmp_path}/mine.py+one_hto')


@pytest.mark.parametrize(
    ('run', 'prototypes'),
    [
        ('mlfo/r3d18@ucf101+official', 200),
        ('mlfo/s3d@ucf101+official', 200),  # no recipe's file
        ('configs/mlfo/r3d18_ucf101.py+official', 200),
        ('mlfo/r3d18@ucf101', 1000),
        ('mlfo/r3d18@k400+official', 1000),
        ('mlfo/r3d18@k600+official', 1000),
        ('mlfo/r3d18@mini+official', 100),
    ],
)
def test_a_variant_is_asked_of_the_set(run, prototypes):
    assert load_config(run).model.prototypes.num_prototypes == prototypes


@pytest.mark.parametrize('at', ['k600', 'ucf101'])
def test_a_file_on_another_set(tmp_path, at):
    config = load_config(f'{CONFIGS}/moco/r3d18_k400.py@{at}')
    named_run = load_config(f'moco/r3d18@{at}')
    assert config.pretrain_dataset == config.train_dataloader.dataset.dataset == SETS[at]
    assert config.pretty_text.replace(config.run, named_run.run) == named_run.pretty_text
    load_config('moco/r3d18@k400', {'model.momentum': 0.5}).dump(tmp_path / 'mine.py')
    mine = load_config(f'{tmp_path}/mine.py@{at}')
    assert (mine.model.momentum, mine.pretrain_dataset) == (0.5, SETS[at])
    assert mine.train_dataloader.dataset.dataset == SETS[at]


def test_a_small_file_has_no_sets(tmp_path):
    load_config('moco/r3d18@smoke').dump(tmp_path / 'mine.py')
    with pytest.raises(UserError, match=r'mine\.py is of the profile smoke, which has no sets'):
        load_config(f'{tmp_path}/mine.py@k600')
