"""Converted weights give the same features as the network that they came from, and back."""

from __future__ import annotations

import subprocess
import sys

import pytest
import torch
from mmaction.registry import MODELS
from mmengine.runner import set_random_seed
from safetensors.torch import save_file
from torch import nn
from torchvision.models.video import r2plus1d_18, r3d_18, s3d

from mlfo_mm.engine.checkpoints import read_checkpoint
from mlfo_mm.engine.config import load_config
from mlfo_mm.engine.convert import export_weights, import_weights, to_ours
from mlfo_mm.engine.layouts import LAYOUTS, OFFICIAL, Layout
from mlfo_mm.errors import UserError
from mlfo_mm.evaluation.weights import load_backbone
from mlfo_mm.study.config_text import read_values

PAPER = 'mlfo/r3d18@ucf101'
TORCHVISION = 'mlfo/r3d18_tv@ucf101'
R2PLUS1D18 = 'pace/r2plus1d18@k400'
CLIPS = torch.randn(2, 3, 8, 32, 32, generator=torch.Generator().manual_seed(0))


class Block(nn.Module):
    """Two convolutions and a shortcut, under plain names."""

    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv1 = nn.Conv3d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm3d(outputs)
        self.conv2 = nn.Conv3d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm3d(outputs)
        self.downsample = None
        if stride > 1:
            shortcut = nn.Conv3d(inputs, outputs, 1, stride, bias=False)
            self.downsample = nn.Sequential(shortcut, nn.BatchNorm3d(outputs))

    def forward(self, x):
        out = self.bn2(self.conv2(self.bn1(self.conv1(x)).relu()))
        return (out + (x if self.downsample is None else self.downsample(x))).relu()


class Plain(nn.Module):
    """An 18-layer 3D ResNet under plain names, with MLFO's pooling and a classifier."""

    def __init__(self, width):
        super().__init__()
        self.conv1 = nn.Conv3d(3, width, 7, (1, 2, 2), 3, bias=False)
        self.bn1 = nn.BatchNorm3d(width)
        self.pool = nn.MaxPool3d((1, 3, 3), (1, 2, 2), (0, 1, 1))
        for index in range(4):
            before = width * 2 ** max(index - 1, 0)
            blocks = (
                Block(before, width << index, 1 + bool(index)),
                Block(width << index, width << index, 1),
            )
            setattr(self, f'layer{index + 1}', nn.Sequential(*blocks))
        self.fc = nn.Linear(width * 8, 5)

    def forward(self, x):
        x = self.layer1(self.pool(self.bn1(self.conv1(x)).relu()))
        low = self.layer2(x)
        return low, self.layer3(low), self.layer4(self.layer3(low))


def shaken(network: nn.Module) -> nn.Module:
    """Statistics of batch norm too are no defaults."""
    generator = torch.Generator().manual_seed(1)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm3d | nn.BatchNorm1d):
            for tensor in (module.weight, module.bias, module.running_mean, module.running_var):
                tensor.data.uniform_(0.5, 1.5, generator=generator)
    return network.eval()


def torchvision_levels(network, clips):
    levels, x = [], network.stem(clips)
    for name in ('layer1', 'layer2', 'layer3', 'layer4'):
        x = getattr(network, name)(x)
        levels.append(x)
    return levels[1:]


def s3d_levels(network, clips):
    low = network.features[:7](clips)
    mid = network.features[7:13](low)
    return low, mid, network.features[13:](mid)


FOREIGN = {
    'torchvision_r3d': (r3d_18, torchvision_levels, TORCHVISION, 64),
    'torchvision_s3d': (s3d, s3d_levels, 'mlfo/s3d@ucf101', 64),
    'plain': (lambda: Plain(4), lambda network, clips: network(clips), PAPER, 4),
}


@pytest.mark.parametrize('name', FOREIGN)
def test_same_features_there_and_back(name, tmp_path):
    make, levels, path, width = FOREIGN[name]
    set_random_seed(0)
    network = shaken(make())
    torch.save(network.state_dict(), tmp_path / 'theirs.pth')
    config = load_config(path, {'backbone.base_channels': width})
    line = import_weights(tmp_path / 'theirs.pth', tmp_path / 'ours.pth', config)
    assert LAYOUTS[name].what in line
    backbone = MODELS.build(config.model.backbone)
    load_backbone(backbone, tmp_path / 'ours.pth', 'mlfo', 'default', config.backbone_name)
    with torch.no_grad():
        for ours, theirs in zip(backbone.eval()(CLIPS), levels(network, CLIPS), strict=True):
            assert theirs.std() > 1e-3
            torch.testing.assert_close(ours, theirs, rtol=1e-5, atol=1e-5)
    # back: every tensor as it was, but for the classifier
    export_weights(tmp_path / 'ours.pth', tmp_path / 'back.safetensors', name)
    back = read_checkpoint(tmp_path / 'back.safetensors')
    dropped = set(network.state_dict()) - set(back)
    assert {key.split('.')[0] for key in dropped} <= {'fc', 'classifier'}
    assert all(torch.equal(value, network.state_dict()[key]) for key, value in back.items())


ALONE = """
import sys
import torch
from safetensors.torch import load_file
from torch import nn
from torchvision.models.video import r3d_18

stem = nn.Sequential(
    nn.Conv3d(3, 64, 7, (1, 2, 2), 3, bias=False),
    nn.BatchNorm3d(64),
    nn.ReLU(),
    nn.MaxPool3d((1, 3, 3), (1, 2, 2), (0, 1, 1)),
)
network = r3d_18()
network.stem, network.fc = stem, nn.Identity()
given = [load_file(sys.argv[1]), torch.load(sys.argv[2], weights_only=True)]
assert all(torch.equal(value, given[1][key]) for key, value in given[0].items())
network.load_state_dict(given[0], strict=True)
want = load_file(sys.argv[3])
with torch.no_grad():
    pooled = network.eval()(want['clips'])
torch.testing.assert_close(pooled, want['pooled'], rtol=1e-5, atol=1e-5)
assert not [name for name in sys.modules if name.split('.')[0] in ('mlfo_mm', 'mmengine', 'mmaction')]
print('same')
"""


def test_export_loads_without_this_package(tmp_path):
    config = load_config(PAPER, {'backbone.base_channels': 64})
    set_random_seed(0)
    backbone = shaken(MODELS.build(config.model.backbone))
    state = {f'backbone.{key}': value for key, value in backbone.state_dict().items()}
    state['levels.high.projections.contrast.layers.0.bias'] = torch.ones(3)  # stays behind
    torch.save(dict(state_dict=state, meta={}), tmp_path / 'epoch_2.pth')
    files = [tmp_path / 'a.safetensors', tmp_path / 'a.pth']
    for file in files:
        assert "torchvision's r3d_18" in export_weights(tmp_path / 'epoch_2.pth', file)
    with torch.no_grad():
        pooled = backbone(CLIPS)[-1].mean((2, 3, 4))
    save_file(dict(clips=CLIPS, pooled=pooled), tmp_path / 'want.safetensors')
    command = [sys.executable, '-c', ALONE, *map(str, files), str(tmp_path / 'want.safetensors')]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.stdout == 'same\n', done.stderr


def test_whole_model_of_the_released_code(tmp_path):
    options = {'backbone.base_channels': 4, 'model.prototypes.num_prototypes': 6}
    config = load_config('mlfo/r3d18@k400+official', options)
    set_random_seed(0)
    model = shaken(MODELS.build(config.model))
    torch.save(dict(state_dict=model.state_dict()), tmp_path / 'ours.pth')
    export_weights(tmp_path / 'ours.pth', tmp_path / 'theirs.pth', 'mlfo_official')
    theirs = torch.load(tmp_path / 'theirs.pth', weights_only=True)
    heads = {key.split('.')[0] for key in theirs}
    assert len(heads) == 12 and 'project_low_graph' in heads
    # theirs has a bias before batch norm and a classifier that is not used, and no queue
    bias = torch.randn(theirs['project_global.0.bias'].shape)
    theirs['project_global.0.bias'] = bias
    theirs |= {'backbone.fc.weight': torch.ones(3, 32), 'backbone.fc.bias': torch.ones(3)}
    wrapped = {f'module.{key}': value for key, value in theirs.items()}
    torch.save(wrapped, tmp_path / 'wrapped.pth')
    line = import_weights(tmp_path / 'wrapped.pth', tmp_path / 'back.pth', config)
    assert OFFICIAL.what in line and 'queues' in line
    back = read_checkpoint(tmp_path / 'back.pth')['state_dict']
    other = MODELS.build(config.model).eval()
    missing = other.load_state_dict(back, strict=False).missing_keys
    assert all('queues' in key or key == 'epoch' for key in missing)
    z = torch.randn(3, 32)
    linear, norm, relu, last = model.semantic.projection.layers
    expected = last(relu(norm(linear(z) + bias)))
    torch.testing.assert_close(other.semantic.projection(z), expected, rtol=1e-5, atol=1e-5)
    with torch.no_grad():
        feature = torch.randn(2, 8, 4, 3, 3)
        torch.testing.assert_close(
            other.levels['low'].excitation(feature), model.levels['low'].excitation(feature)
        )


def test_a_bias_before_batch_norm_is_any_layout_s_to_tell():
    layout = Layout('a', 'a', (('conv1.conv', 'conv1'), ('conv1.bn', 'bn1')),
                    folded=(('conv1.bias', 'bn1.running_mean'),))  # fmt: skip
    bias, mean = torch.tensor([2.0]), torch.tensor([5.0])
    ours = to_ours({'conv1.bias': bias, 'bn1.running_mean': mean}, layout)
    assert ours.pop('backbone.conv1.bn.num_batches_tracked') == 0
    assert ours == {'backbone.conv1.bn.running_mean': torch.tensor([3.0])}
    # without the mean there is nothing to take it from: it is left over, and named
    assert list(to_ours({'conv1.bias': bias}, layout)) == ['backbone.conv1.conv.bias']


def test_torchvision_s_r2plus1d_is_another_network(tmp_path):
    """Why there is no layout for it, and what a user is told."""
    with torch.device('meta'):
        theirs = r2plus1d_18().state_dict()
        ours = MODELS.build(load_config(R2PLUS1D18).model.backbone).state_dict()

    def between(state, *names):
        return [len(state[f'{name}.weight']) for name in names]

    stages = range(2, 5)
    second = [f'layer{stage}.0.conv2' for stage in stages]
    assert between(theirs, 'stem.0', *(f'{name}.0.0' for name in second)) == [45, 230, 460, 921]
    split = [f'{name}.conv.conv_s' for name in ('conv1', *second)]
    assert between(ours, *split) == [83, 288, 576, 1152]
    assert all(f'layer{stage}.0.downsample.conv.conv_t.weight' in ours for stage in stages)
    assert all(f'layer{stage}.0.downsample.0.weight' in theirs for stage in stages)
    torch.save({key: torch.zeros(1) for key in theirs}, tmp_path / 'a.pth')
    config = load_config(R2PLUS1D18)
    said = fault(import_weights, tmp_path / 'a.pth', tmp_path / 'b.pth', config)
    assert 'no place in any known layout' in said and 'first stem.3.weight' in said


def fault(call, *arguments) -> str:
    with pytest.raises(UserError) as caught:
        call(*arguments)
    assert '\n' not in str(caught.value)
    return str(caught.value)


def test_what_does_not_fit_is_named(tmp_path):
    config = load_config(PAPER, {'backbone.base_channels': 4})
    source, target = tmp_path / 'theirs.pth', tmp_path / 'ours.pth'
    state = Plain(4).state_dict()
    torch.save({key: value for key, value in state.items() if key != 'bn1.bias'}, source)
    assert 'missing 1, first backbone.conv1.bn.bias' in fault(
        import_weights, source, target, config
    )
    torch.save(Plain(8).state_dict(), source)
    said = fault(import_weights, source, target, config)
    assert 'first backbone.conv1.conv.weight (8, 3, 7, 7, 7) for (4, 3, 7, 7, 7)' in said
    torch.save(state | {'blocks.0.weight': torch.ones(1)}, source)
    said = fault(import_weights, source, target, config)
    assert f'1 of {len(state) + 1} tensors have no place in any known layout' in said
    assert 'first blocks.0.weight; --prefix' in said
    said = fault(import_weights, source, target, config, 'torchvision_r3')
    assert "did you mean 'torchvision_r3d'" in said
    said = fault(import_weights, source, target, config, None, 'encoder_q.')
    assert "no tensor begins with 'encoder_q.'" in said
    assert not target.exists()


def test_part_of_a_model_and_counters_that_are_not_there(tmp_path):
    state = {
        f'encoder_q.{key}': value
        for key, value in Plain(4).state_dict().items()
        if 'num_batches_tracked' not in key
    }
    torch.save({'state_dict': state | {'queue': torch.ones(1)}}, tmp_path / 'a.pth')
    arguments = (
        tmp_path / 'a.pth',
        tmp_path / 'b.pth',
        load_config(PAPER, {'backbone.base_channels': 4}),
    )
    assert '--prefix encoder_q. takes what fits' in fault(import_weights, *arguments)
    import_weights(*arguments, prefix='encoder_q.')
    meta = read_checkpoint(tmp_path / 'b.pth')['meta']
    assert read_values(meta['composed'])['method'] == 'mlfo'
    assert (meta['layout'], meta['source']) == ('plain', 'a.pth')


def test_export_of_what_is_none_of_ours(tmp_path):
    torch.save(Plain(4).state_dict(), tmp_path / 'a.pth')
    assert 'no checkpoint of this code' in fault(
        export_weights, tmp_path / 'a.pth', tmp_path / 'b.pth'
    )
    assert 'which format' in fault(export_weights, tmp_path / 'a.pth', tmp_path / 'b.onnx')
    slowfast = {'backbone.slow_path.conv1.conv.weight': torch.ones(1)}
    torch.save({'state_dict': slowfast}, tmp_path / 'a.pth')
    said = fault(export_weights, tmp_path / 'a.pth', tmp_path / 'b.pth')
    assert 'no known layout names all tensors' in said and 'slow_path.conv1.conv.weight' in said
    said = fault(export_weights, tmp_path / 'a.pth', tmp_path / 'b.pth', 'plain')
    assert '1 tensors have no name' in said


SMOKE = 'mlfo/r3d18@smoke'


@pytest.mark.parametrize('wrapper', ['', 'module._orig_mod.backbone.', 'model.net.'])
def test_mmaction_names_come_in_whatever_is_wrapped_around_them(tmp_path, wrapper):
    config = load_config(SMOKE)
    weights = MODELS.build(config.model).backbone.state_dict()
    torch.save({wrapper + key: value for key, value in weights.items()}, tmp_path / 'a.pth')
    import_weights(tmp_path / 'a.pth', tmp_path / 'b.pth', config)
    other = MODELS.build(config.model).backbone
    load_backbone(other, tmp_path / 'b.pth', 'mlfo', 'default', 'r3d18')
    assert all(torch.equal(other.state_dict()[key], weights[key]) for key in weights)


def test_of_several_networks_each_that_fits_is_named(tmp_path):
    config = load_config(SMOKE)
    weights = MODELS.build(config.model).backbone.state_dict()
    sets = {
        name: {f'backbone.{k}': v for k, v in weights.items()} for name in ('teacher', 'student')
    }
    sets['teacher']['backbone.more'] = torch.ones(1)
    torch.save(sets | {'center': {'weight': torch.ones(1)}}, tmp_path / 'a.pth')
    said = fault(import_weights, tmp_path / 'a.pth', tmp_path / 'b.pth', config)
    assert said.endswith('; --prefix student.backbone. takes what fits')
    torch.save({}, tmp_path / 'a.pth')
    assert 'no tensors in it' in fault(
        import_weights, tmp_path / 'a.pth', tmp_path / 'b.pth', config
    )
