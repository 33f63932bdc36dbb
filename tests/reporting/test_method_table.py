"""The table of methods in the README of the configs, and what its cards say of the configs."""

from __future__ import annotations

import pytest

from mlfo_mm.errors import UserError
from mlfo_mm.reporting.method_table import (
    BEGIN,
    END,
    methods_page,
    with_table,
    write_method_table,
)
from mlfo_mm.study.methods import cards
from mlfo_mm.study.paths import CONFIGS

TOML = """name = 'MoCo v2'
recipe = 'r3d18_k400.py'
fidelity = 'code'

[[published]]
task = 'finetune'
backbone = 'i3d'
pretrain = 'ucf101'
ucf101 = 62.3
hmdb51 = 36.5
source = 'README of DSM'

[[published]]
task = 'retrieval'
backbone = 's3d'
pretrain = 'ucf101'
ucf101 = 33
source = 'README of CoCLR'
remark = 'of the InfoNCE'

[default]
kind = 'contrast'
clips = '2 of 16 | frames'
forward = 2
backward = 1
faithful = 'all'
different = 'none'
"""
VARIANTS = [(card, each) for card in cards().values() for each in card.variants]
NAMES = [f'{card.key}-{each.variant}' for card, each in VARIANTS]


@pytest.fixture
def configs(tmp_path):
    (tmp_path / 'moco').mkdir()
    (tmp_path / 'moco' / 'r3d18_k400.py').touch()
    (tmp_path / 'moco' / 'method.toml').write_text(TOML)
    (tmp_path / 'README.md').write_text(f'before\n{BEGIN}\nold\n{END}\nafter\n')
    return tmp_path


def test_readme_is_up_to_date():
    text = (CONFIGS / 'README.md').read_text()
    made = with_table(text, methods_page(cards().values()), '')
    assert made == text, 'run python tools/dev/make_method_table.py'


def test_every_folder_with_a_recipe_and_a_readme_has_a_card():
    for readme in CONFIGS.glob('*/README.md'):
        if any(readme.parent.glob('*_k400.py')) or any(readme.parent.glob('*_ucf101.py')):
            assert readme.parent.name in cards()


@pytest.mark.parametrize(('card', 'variant'), VARIANTS, ids=NAMES)
def test_config_is_of_that_variant_and_passes_are_those_of_a_training_step(card, variant, digits):
    import torch
    from mmaction.registry import MODELS

    from mlfo_mm.datasets import VideoListDataset
    from mlfo_mm.engine.config import load_config

    files = dict.fromkeys((card.recipe, card.file(variant.variant)))
    path = '+'.join(str(CONFIGS / card.key / file) for file in files)
    config = load_config(path, {'backbone.base_channels': 4})
    assert (config.method, config.variant) == (card.key, variant.variant)
    assert config.profile == 'paper'
    dataset = VideoListDataset(
        dataset='digits_motion', subset='train', pipeline=config.train_pipeline
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
    assert counts == dict(forward=2 * variant.forward, backward=2 * variant.backward)
    assert variant.clips.startswith(f'{inputs.shape[1]} of {inputs.shape[3]} frames') or (
        card.key == 'mlfo' and inputs.shape[1] == 3
    )


def test_table_is_written_between_the_markers(configs):
    path = write_method_table(configs)
    text = path.read_text()
    assert text.startswith(f'before\n{BEGIN}\n\n| Method ')
    assert text.endswith(f'|\n\n{END}\nafter\n')
    assert 'old' not in text
    row = '[MoCo v2](moco/README.md)', '[`default`](moco/r3d18_k400.py)'
    cells = [cell.strip() for cell in text.split('\n')[5].strip('|').split('|')]
    assert cells == [
        *row, 'contrast', '2 of 16 / frames', '2 (1)', "the authors' code",
        '62.3 / 36.5 (I3D, UCF101) [1]',
    ]  # fmt: skip
    assert '\n- [1] README of DSM\n\n### What follows the sources\n' in text
    lines = [[cell.strip() for cell in line.strip('|').split('|')] for line in text.split('\n')]
    assert [*row, 'all', 'none'] in lines
    below = lines[lines.index(['### Published numbers']) + 4 :][:2]
    assert below == [
        ['MoCo v2', 'finetune', 'I3D', 'UCF101', '62.3', '36.5', 'README of DSM'],
        ['MoCo v2', 'R@1', 'S3D', 'UCF101', '33.0', '—', 'README of CoCLR; of the InfoNCE'],
    ]
    assert write_method_table(configs).read_text() == text


def test_a_missing_file_and_a_readme_without_markers_are_named(configs):
    (configs / 'moco' / 'r3d18_k400.py').unlink()
    with pytest.raises(UserError, match=r'moco/method.toml: \[default\]: there is no'):
        write_method_table(configs)
    for text in (f'{BEGIN}\n', f'{END}\n{BEGIN}\n', f'{BEGIN}{END}{BEGIN}'):
        with pytest.raises(UserError, match=r'README: needs the lines'):
            with_table(text, 'table', 'README')
    (configs / 'README.md').unlink()
    with pytest.raises(UserError, match=r'README\.md is missing'):
        write_method_table(configs)
