"""What other codes call the tensors that this one has: one table a layout, read in both directions."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

FIELD = re.compile(r'\{(\w)\}')


@dataclass(frozen=True)
class Layout:
    """Names of a network's tensors in another code.

    Attributes:
        name: As the tool knows it.
        what: Whose names these are.
        pairs: Beginnings of names, ours and theirs; ``{i}`` stands for a number, the rest of the
            name (``.weight``, ``.running_mean``) is the same.
        dropped: Beginnings of their names that have no place here, such as a classifier.
        whole: The names are those of a whole model, not of a backbone alone.
        folded: Their names of biases that ours has not, each before a batch norm, which takes any
            constant off again, and of the running mean that such a bias is taken from.
    """

    name: str
    what: str
    pairs: tuple[tuple[str, str], ...]
    dropped: tuple[str, ...] = ()
    whole: bool = False
    folded: tuple[tuple[str, str], ...] = ()

    def ours(self, key: str) -> str | None:
        """Our name of their tensor; None where it has none."""
        return _rename(key, [(theirs, ours) for ours, theirs in self.pairs])

    def theirs(self, key: str) -> str | None:
        """Their name of our tensor; None where it has none."""
        return _rename(key, self.pairs)

    def drops(self, key: str) -> bool:
        """Whether their tensor has no place here."""
        return key.startswith(self.dropped) if self.dropped else False


def _rename(key: str, pairs: Iterable[tuple[str, str]]) -> str | None:
    for old, new in pairs:
        pattern = FIELD.sub(r'(?P<\1>\\d+)', re.escape(old).replace(r'\{', '{').replace(r'\}', '}'))
        found = re.match(rf'{pattern}(?=\.)', key)
        if found:
            return new.format(**found.groupdict()) + key[found.end() :]
    return None


def _below(prefix: str, pairs: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    return tuple((prefix + ours, prefix + theirs) for ours, theirs in pairs)


_SHORTCUT = (
    ('layer{i}.{j}.downsample.conv', 'layer{i}.{j}.downsample.0'),
    ('layer{i}.{j}.downsample.bn', 'layer{i}.{j}.downsample.1'),
)
_PLAIN = (
    ('conv1.conv', 'conv1'),
    ('conv1.bn', 'bn1'),
    ('layer{i}.{j}.conv{k}.conv', 'layer{i}.{j}.conv{k}'),
    ('layer{i}.{j}.conv{k}.bn', 'layer{i}.{j}.bn{k}'),
    *_SHORTCUT,
)
_EXCITATION = (
    ('squeeze.0', '0.conv1'),
    ('squeeze.1', '0.bn1'),
    ('shift', '0.conv2'),
    ('expand.0', '0.conv3'),
    ('expand.1', '0.bn3'),
)
_PROJECTIONS = {'high': 'project', 'mid': 'project_mid', 'low': 'project_low'}
_KINDS = {'contrast': '', 'step': '_fine', 'graph': '_graph'}

TORCHVISION_R3D = Layout(
    'torchvision_r3d',
    "torchvision's r3d_18",
    (
        ('conv1.conv', 'stem.0'),
        ('conv1.bn', 'stem.1'),
        ('layer{i}.{j}.conv{k}.conv', 'layer{i}.{j}.conv{k}.0'),
        ('layer{i}.{j}.conv{k}.bn', 'layer{i}.{j}.conv{k}.1'),
        *_SHORTCUT,
    ),
    ('fc.',),
)
TORCHVISION_S3D = Layout(
    'torchvision_s3d', "torchvision's s3d", (('features', 'features'),), ('classifier.',)
)
PLAIN = Layout(
    'plain', 'a plain 3D ResNet (conv1, bn1, layer1), such as 3D-ResNets-PyTorch', _PLAIN, ('fc.',)
)
# The authors published code and no weights: names are those of the code's modules, and no file of
# theirs was there to try.
OFFICIAL = Layout(
    'mlfo_official',
    "the whole model of MLFO's released code",
    (
        *_below('backbone.', _PLAIN),
        *(
            (f'levels.{level}.excitation.{ours}', f'backbone.me{level}.{theirs}')
            for level in ('low', 'mid')
            for ours, theirs in _EXCITATION
        ),
        *(
            (f'levels.{level}.projections.{kind}.layers', f'{theirs}{suffix}')
            for level, theirs in _PROJECTIONS.items()
            for kind, suffix in _KINDS.items()
        ),
        ('semantic.projection.layers', 'project_global'),
        ('semantic.prototypes', 'prototype'),
    ),
    ('backbone.fc.',),
    whole=True,
    folded=(('project_global.0.bias', 'project_global.1.running_mean'),),
)
LAYOUTS = {layout.name: layout for layout in (TORCHVISION_R3D, TORCHVISION_S3D, PLAIN, OFFICIAL)}


def own_layout(names: Iterable[str]) -> Layout:
    """The layout of a backbone's own tensors, as MMAction2 names them."""
    modules = dict.fromkeys(name.rpartition('.')[0] for name in names)
    return Layout('mmaction', "MMAction2's names", tuple((each, each) for each in modules))


def detect(keys: Iterable[str], layouts: Iterable[Layout]) -> Layout | None:
    """The first layout in which every key has a place, and one at least is none to drop."""
    names = list(keys)
    for layout in layouts:
        named = [layout.ours(key) is not None for key in names]
        if any(named) and all(
            has or layout.drops(key) for has, key in zip(named, names, strict=True)
        ):
            return layout
    return None
