"""Backbone weights of a checkpoint: all of them, or an error."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from mlfo_mm.engine.checkpoints import (
    BACKBONE,
    Differences,
    check_origin,
    differences,
    read_checkpoint,
    tensors_of,
)
from mlfo_mm.engine.origin import told_data
from mlfo_mm.errors import UserError, short
from mlfo_mm.files import file_sha256

FAMILIES = (
    ('SlowFast', r'(slow|fast)_path\.'),
    ('a momentum encoder (MoCo, BYOL)', r'(encoder_[qk]|base_encoder|momentum_encoder|online)\.'),
    ('torchvision R3D', r'stem\.\d|layer\d\.\d\.conv\d\.\d'),
    ('S3D-G', r'features\.\d+\.branch\d\.\d\.fc'),
    ('I3D', r'features\.\d+\.branch[12]\.1\.[01]\.[a-z]'),
    ("torchvision's S3D", r'features\.\d+\.branch\d'),
    ('S3D or I3D of TensorFlow', r'(Mixed|Conv3d)_\d'),
    ('a vision transformer', r'(blocks|layers)\.\d+\.(attn|norm)'),
    ('C3D', r'conv\d[ab]\.'),
    ('R(2+1)D', r'layer\d\.\d\.conv\d\.conv\.conv_[st]'),
    ('a mmaction ResNet3d', r'layer\d\.\d\.conv\d\.(conv|bn)'),
    ('a plain 3D ResNet', r'layer\d\.\d\.(conv|bn)\d'),
)


@dataclass(frozen=True)
class LoadedWeights:
    """What was loaded.

    Attributes:
        name: File name, None for random weights.
        sha256: Of the file, None for random weights.
        seed: Seed of the pretraining run, where the checkpoint tells.
        epoch: Epochs of pretraining, where the checkpoint tells.
        line: The report.
        data: The list that it was trained on (:mod:`mlfo_mm.engine.origin`), where it tells.
    """

    name: str | None
    sha256: str | None
    seed: int | None
    epoch: int | None
    line: str
    data: dict[str, Any] | None = None

    def which_epoch(self, planned: int | None) -> str | None:
        """``last`` of the planned epochs, or which; None where that is not known."""
        if not planned or self.epoch is None:
            return None
        return 'last' if self.epoch == planned else f'{self.epoch} of {planned}'


def random_weights(backbone: nn.Module, seed: int) -> LoadedWeights:
    """Initialise a backbone from a seed: the untrained baseline."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        backbone.init_weights()
    total = len(backbone.state_dict())
    line = f'backbone: random weights of seed {seed} ({total} tensors), no checkpoint'
    return LoadedWeights(None, None, None, None, line)


def load_backbone(
    backbone: nn.Module, path: str | Path, method: str, variant: str, backbone_name: str
) -> LoadedWeights:
    """Load every ``backbone.*`` tensor of a checkpoint, or raise.

    Args:
        backbone: Built from the pretraining config.
        path: mmengine checkpoint, or a plain state dict with the same keys.
        method: Method of the pretraining config, compared with the checkpoint's own.
        variant: Its variant.
        backbone_name: Its backbone, for messages.

    Raises:
        UserError: The file is no whole checkpoint, would run code, or does not fit.
    """
    path = Path(path)
    checkpoint = read_checkpoint(path)
    meta = checkpoint.get('meta')
    meta = meta if isinstance(meta, dict) else {}
    check_origin(path, checkpoint, dict(method=method, variant=variant))
    state = tensors_of(checkpoint)
    given = {
        key.removeprefix(BACKBONE): value
        for key, value in state.items()
        if key.startswith(BACKBONE)
    }
    own = backbone.state_dict()
    found = differences(own, given)
    if found:
        raise _misfit(path, found, list(given), list(state), f'{method}/{backbone_name}')
    backbone.load_state_dict(given, strict=True)
    rest = sorted({key.split('.')[0] for key in state if not key.startswith(BACKBONE)})
    line = f'backbone {len(given)}/{len(own)} tensors loaded'
    line += f'; left out: {", ".join(rest)} (expected)' if rest else ''
    seed, epoch = meta.get('seed'), meta.get('epoch')
    return LoadedWeights(
        path.name,
        file_sha256(path),
        seed if isinstance(seed, int) else None,
        epoch if isinstance(epoch, int) else None,
        line,
        told_data(meta),
    )


def _misfit(
    path: Path, found: Differences, keys: list[str], whole: list[str], name: str
) -> UserError:
    details = [str(found)]
    if not keys:
        details.append(
            f'no key begins with {BACKBONE!r}, the first is {short(next(iter(whole), "none"))}; '
            'tools/convert_checkpoint.py import takes other names, by --prefix PREFIX one part of a model'
        )
    family = _family(keys or whole)
    looks = f'; the keys look like {family}' if family and found.matched < found.total // 2 else ''
    return UserError(
        f'checkpoint {path} does not fit {name}: matched {found.matched} of {found.total} backbone '
        f'tensors{looks}; {"; ".join(details)}'
    )


def _family(keys: list[str]) -> str | None:
    text = '\n'.join(map(str, keys))
    return next((name for name, pattern in FAMILIES if re.search(pattern, text)), None)
