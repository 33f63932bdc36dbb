"""The variants of tables 2 and 3: each file of changes on the smoke config does what its row says."""

from __future__ import annotations

import math
import re
import textwrap

import pytest
import torch
from mmaction.registry import MODELS
from torch.testing import assert_close

from mlfo_mm.engine.config import load_config
from mlfo_mm.models.losses import motion_discrimination
from mlfo_mm.models.recognizers.mlfo_views import augment_time
from mlfo_mm.study.experiments import ablation
from mlfo_mm.study.paths import CONFIGS
from tests.conftest import REPO

CHANGES = [
    path.stem
    for path in sorted((CONFIGS / 'mlfo/variants').glob('*.py'))
    if path.stem != 'official'
]

ALWAYS = {'loss_instance_high', 'loss_semantic'}
TEMPORAL = {f'loss_{term}_{level}' for term in ('motion', 'retrieval') for level in ('low', 'mid')}
GRAPHS = {'loss_graph_low', 'loss_graph_mid'}
TERMS = {
    'no_lower': ALWAYS | TEMPORAL,
    'one_hot': ALWAYS | TEMPORAL | GRAPHS,
    'instance': ALWAYS | TEMPORAL | GRAPHS,
    'semantic': ALWAYS | TEMPORAL | GRAPHS,
    'combined_high': ALWAYS | TEMPORAL | {'loss_graph_high'},
    'no_temporal': ALWAYS | GRAPHS,
    'ctm': ALWAYS | GRAPHS | {'loss_motion_high'},
}


def build(change: str, base: str = 'r3d18'):
    torch.manual_seed(0)
    run = f'mlfo/{base}@smoke' + (f'+{change}' if change else '')
    return MODELS.build(load_config(run).model)


def batch(n: int = 4, v: int = 3) -> torch.Tensor:
    return torch.randn(n, v, 3, 8, 32, 32, generator=torch.Generator().manual_seed(1))


def terms_of(logs: dict) -> set[str]:
    return {key for key in logs if key.startswith('loss_')}


@pytest.mark.parametrize('change', CHANGES)
@pytest.mark.parametrize(
    'base', ['r3d18', *(pytest.param(name, marks=pytest.mark.slow) for name in ('s3d', 'slowfast'))]
)
def test_variant_has_the_terms_of_its_row_and_trains(base, change):
    model = build(change, base)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    for epoch in (0, 1):
        model.set_epoch(epoch, 2)
        logs = model.loss(batch())
        if change in TERMS:
            assert terms_of(logs) == (TERMS[change] if epoch else ALWAYS)
        assert all(logs[name] > 0 for name in terms_of(logs))
        loss, _ = model.parse_losses(logs)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert all(value.isfinite().all() for value in model.state_dict().values())


def test_the_example_of_the_contributing_guide_works(tmp_path):
    guide = (REPO / 'CONTRIBUTING.md').read_text()
    blocks = map(textwrap.dedent, re.findall(r'```python\n(.*?)```', guide, re.DOTALL))
    text = next(block for block in blocks if "variant = 'reverse_only'" in block)
    row = re.search(r"`(ablation\('reverse_only'.*?\))`", guide)[1]
    change = tmp_path / 'reverse_only.py'
    change.write_text(text)
    assert len(text.splitlines()) <= 10
    config = load_config(f'mlfo/r3d18@smoke+{change}')
    assert config.variant == change.stem
    model = MODELS.build(config.model)
    assert model.augmentations == ('reverse',)
    model.set_epoch(1, 2)
    assert terms_of(model.loss(batch())) == ALWAYS | TEMPORAL | GRAPHS
    experiment = eval(row, {'ablation': ablation})
    assert experiment.variant == change.stem


def slow_graph(kind: str, z1, z2, targets1, targets2, tau: float, threshold: float):
    """Rows of the graph by loops over Eq. 6-9."""

    def h(u, v):
        return math.exp(float(torch.dot(u, v) / (u.norm() * v.norm())) / tau)

    count, rows = len(z1), []
    label = [int(row.argmax()) for row in targets1 + targets2]
    for i in range(count):
        weights = []
        for j in range(count):
            pairs = [h(u[i], v[j]) for u in (z1, z2) for v in (z1, z2)]
            weights.append(h(z1[i], z2[i]) if i == j else sum(pairs) / 4)
        row = []
        for j in range(count):
            share = weights[j] / sum(weights)
            instance = share if share >= threshold or i == j else 0.0
            semantic = float(label[i] == label[j])
            row.append(
                dict(
                    combined=instance * semantic,
                    instance=instance,
                    semantic=semantic,
                    one_hot=float(i == j),
                )[kind]
            )
        rows.append([entry / sum(row) for entry in row])
    return torch.tensor(rows, dtype=torch.float64)


@pytest.mark.parametrize(
    ('change', 'kind', 'level'),
    [
        ('', 'combined', 'mid'),
        ('one_hot', 'one_hot', 'mid'),
        ('instance', 'instance', 'low'),
        ('semantic', 'semantic', 'mid'),
        ('combined_high', 'combined', 'high'),
    ],
)
def test_graph_of_the_variant_equals_the_equations(change, kind, level):
    term = build(change).levels[level].terms['graph']
    generator = torch.Generator().manual_seed(2)
    z1 = torch.randn(6, 4, generator=generator, dtype=torch.float64)
    z2 = z1 + 0.5 * torch.randn(6, 4, generator=generator, dtype=torch.float64)
    targets = torch.randn(2, 6, 3, generator=generator, dtype=torch.float64).softmax(-1)
    graph = term.build_graph(z1, z2, *targets)
    slow = slow_graph(kind, z1, z2, *targets, term.temperature, term.threshold)
    assert_close(graph.double(), slow, rtol=1e-5, atol=1e-8)
    other = slow_graph('combined', z1, z2, *targets, term.temperature, term.threshold)
    assert kind == 'combined' or (graph - other).abs().max() > 1e-3


def test_high_graph_has_a_head_of_its_own_and_trains_the_whole_backbone():
    model = build('combined_high')
    model.set_epoch(1, 2)
    logs = model.loss(batch())
    model.zero_grad()
    logs['loss_graph_high'].backward()
    projections = model.levels['high'].projections
    assert projections['graph'].layers[0].weight.grad.abs().sum() > 0
    assert projections['contrast'].layers[0].weight.grad is None
    assert model.backbone.layer4[0].conv1.conv.weight.grad.abs().sum() > 0


def test_conventional_modelling_contrasts_clips_that_went_through_the_backbone():
    model = build('ctm').eval()
    model.augmentations = ('reverse',)
    inputs = batch()
    logs = model.loss(inputs)
    projection = model.levels['high'].projections['contrast']

    def embed(clips):
        return projection(model.extract_feat(clips)[-1]).mean(2)  # (N, D)

    first, second = inputs[:, 0], inputs[:, 1]
    reverse = [embed(view.flip(2))[None] for view in (first, second)]  # (A, N, D)
    expected = motion_discrimination(embed(first), embed(second), *reverse, 0.07)
    assert_close(logs['loss_motion_high'], expected)
    # without batch statistics, the other terms do not see the augmented clips
    plain = build('no_temporal').eval()
    plain.load_state_dict(model.state_dict())
    plain = plain.loss(inputs)
    for key in ('loss_instance_high', 'loss_semantic'):
        assert_close(plain[key], logs[key])


def test_augmented_clips_get_gradients_and_count_in_the_batch_norm():
    model = build('ctm')
    seen = []
    model.backbone.register_forward_hook(lambda module, args, out: seen.append(args[0]))
    inputs = batch().requires_grad_()
    logs = model.loss(inputs)
    (clips,) = seen  # one pass, without the long clip
    assert clips.shape == (3 * 2 * 4, 3, 8, 32, 32)
    short = inputs[:, :2].transpose(0, 1).flatten(0, 1)
    assert torch.equal(clips[:8], short)
    assert torch.equal(clips[8:16], short.flip(2))
    shuffled = clips[16:]
    assert (shuffled != short).flatten(1).any(1).all()
    assert_close(shuffled.sort(2).values, short.sort(2).values)
    logs['loss_motion_high'].backward()
    assert inputs.grad[:, :2].abs().sum() > 0
    assert inputs.grad[:, 2].abs().sum() == 0
    assert model.backbone.layer4[0].conv1.conv.weight.grad.abs().sum() > 0
    assert model.levels['high'].projections['contrast'].layers[0].weight.grad.abs().sum() > 0


def test_clips_are_shuffled_in_whole_frames_and_never_left_in_order():
    torch.manual_seed(0)
    clips = torch.arange(64 * 8.0).view(64, 1, 8, 1, 1).expand(64, 3, 8, 5, 5)
    shuffled = augment_time(clips, 'shuffle')
    order = shuffled[:, 0, :, 0, 0]
    assert (order != clips[:, 0, :, 0, 0]).any(1).all()
    assert torch.equal(shuffled, order[:, None, :, None, None].expand_as(clips))


def test_two_views_are_enough_where_nothing_is_retrieved():
    for change in ('ctm', 'no_temporal'):
        assert 'loss_instance_high' in build(change).loss(batch(v=2))


def test_levels_and_prototypes_can_be_dropped():
    config = load_config('mlfo/r3d18@smoke').model
    config.merge(dict(prototypes=None, levels=dict(low=None, mid=dict(graph=None, motion=None))))
    model = MODELS.build(config)
    assert set(model.levels) == {'high', 'mid'}
    logs = model.loss(batch())
    assert terms_of(logs) == {'loss_instance_high', 'loss_retrieval_mid'}
    config.levels.mid = dict(excitation=config.levels.mid.excitation)
    assert terms_of(MODELS.build(config).loss(batch())) == {'loss_instance_high'}
