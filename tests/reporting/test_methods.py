"""What each method is: the files beside the configs, the table made of them, and the configs themselves."""

from __future__ import annotations

import shutil

import pytest

from mlfo_mm.errors import UserError
from mlfo_mm.reporting.methods import (
    BEGIN,
    CONFIGS,
    END,
    load_recipes,
    method_folders,
    methods_markdown,
    read_recipes,
    with_table,
    write_method_table,
)

TOML = """
[v2]
config = 'r3d18_k400.py'
kind = 'contrast'
clips = '2 of 16 | frames'
forward = 2
backward = 1
faithful = 'all'
different = 'none'
"""
RECIPES = load_recipes()
NAMES = [f'{recipe.method}-{recipe.variant}' for recipe in RECIPES]


@pytest.fixture
def configs(tmp_path):
    (tmp_path / 'moco').mkdir()
    (tmp_path / 'moco' / 'r3d18_k400.py').touch()
    (tmp_path / 'moco' / 'method.toml').write_text(TOML)
    (tmp_path / '_base_').mkdir()
    (tmp_path / '_base_' / 'default_runtime.py').touch()
    (tmp_path / 'README.md').write_text(f'before\n{BEGIN}\nold\n{END}\nafter\n')
    return tmp_path


def test_readme_is_up_to_date():
    text = (CONFIGS / 'README.md').read_text()
    table = methods_markdown(RECIPES)
    assert with_table(text, table, '') == text, 'run python tools/dev/make_method_table.py'


def test_every_method_is_described():
    described = {recipe.method for recipe in RECIPES}
    assert described == {folder.name for folder in method_folders()} >= {'mlfo', 'simclr'}
    assert len(set(NAMES)) == len(NAMES)


def test_every_variant_of_a_config_is_described():
    from mlfo_mm.engine.config import load_config

    for folder in method_folders():
        paths = [path for path in folder.rglob('r3d18_k400.py') if path.parent.name != 'ablations']
        found = {load_config(path).variant for path in paths}
        assert found <= {recipe.variant for recipe in RECIPES if recipe.method == folder.name}


@pytest.mark.parametrize('recipe', RECIPES, ids=NAMES)
def test_config_is_of_that_variant_and_passes_are_those_of_a_training_step(recipe, synthetic):
    import torch
    from mmaction.registry import MODELS

    from mlfo_mm.datasets import VideoListDataset
    from mlfo_mm.engine.config import load_config

    path = '+'.join(str(CONFIGS / recipe.method / part) for part in recipe.config.split('+'))
    config = load_config(path, {'model.backbone.base_channels': 4})
    assert (config.method, config.variant) == (recipe.method, recipe.variant)
    assert config.profile == 'paper'
    dataset = VideoListDataset(
        dataset='synthetic_motion', subset='train', pipeline=config.train_pipeline
    )
    samples = [dataset[index] for index in range(2)]
    inputs = torch.stack([sample['inputs'] for sample in samples]).float()[..., ::4, ::4]
    model = MODELS.build(config.model).train()
    kind = type(model.backbone)
    counts = dict(forward=0, backward=0)

    def count(module, arguments, output):
        clips = len(arguments[0])
        counts['forward'] += clips
        counts['backward'] += clips if output[-1].requires_grad else 0

    for module in model.modules():
        if type(module) is kind:
            module.register_forward_hook(count)
    model.loss(inputs / 255, [sample['data_samples'] for sample in samples])
    assert counts == dict(forward=2 * recipe.forward, backward=2 * recipe.backward)
    assert recipe.clips.startswith(f'{inputs.shape[1]} of {inputs.shape[3]} frames') or (
        recipe.method == 'mlfo' and inputs.shape[1] == 3
    )


def test_table_is_written_between_the_markers(configs):
    path = write_method_table(configs)
    text = path.read_text()
    assert text.startswith(f'before\n{BEGIN}\n\n| Method ') and text.endswith(
        f'|\n\n{END}\nafter\n'
    )
    assert 'old' not in text
    row = '[MoCo](moco/README.md)', '[`v2`](moco/r3d18_k400.py)', 'contrast', '2 of 16 / frames'
    cells = [cell.strip() for cell in text.split('\n')[5].strip('|').split('|')]
    assert cells == [*row, '2 (1)', 'all', 'none']
    assert write_method_table(configs).read_text() == text


@pytest.mark.parametrize(
    ('old', 'new', 'message'),
    [
        ("kind = 'contrast'", '', r"method.toml: \[v2\]: key 'kind' must be str, is None"),
        ('forward = 2', "forward = '2'", "key 'forward' must be int, is '2'"),
        ('forward = 2', 'forward = true', "key 'forward' must be int, is True"),
        ("faithful = 'all'", "faithful = ''", "key 'faithful' must be str, is ''"),
        ('clips', 'clipz', r"unknown key 'clipz' \(did you mean 'clips'\?\)"),
        ('r3d18_k400', 'r3d18_k40', 'config: there is no .*moco/r3d18_k40.py'),
        ('[v2]', '', "key 'config' stands outside of a table"),
        ('[v2]', '[v2', 'not a readable description of a method'),
        (TOML, '', 'holds no recipe'),
    ],
)
def test_faults_of_a_file_are_named(configs, old, new, message):
    path = configs / 'moco' / 'method.toml'
    path.write_text(TOML.replace(old, new))
    with pytest.raises(UserError, match=message):
        read_recipes(path)


def test_a_method_without_its_file_and_a_readme_without_markers_are_named(configs):
    shutil.copytree(configs / 'moco', configs / 'byol')
    (configs / 'byol' / 'method.toml').unlink()
    with pytest.raises(UserError, match=r'byol/method.toml: not a readable'):
        load_recipes(configs)
    for text in (f'{BEGIN}\n', f'{END}\n{BEGIN}\n', f'{BEGIN}{END}{BEGIN}'):
        with pytest.raises(UserError, match=r'README: needs the lines'):
            with_table(text, 'table', 'README')
    (configs / 'README.md').unlink()
    with pytest.raises(UserError, match=r'README\.md is missing'):
        write_method_table(configs)
