"""Backbone weights of a checkpoint: all of them, or an error."""

from __future__ import annotations

import hashlib
import pickle
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from mlfo_mm.errors import UserError

PREFIX = 'backbone.'
FAMILIES = (
    ('SlowFast', r'(slow|fast)_path\.'),
    ('a momentum encoder (MoCo, BYOL)', r'(encoder_[qk]|base_encoder|momentum_encoder|online)\.'),
    ('torchvision R3D', r'stem\.\d|layer\d\.\d\.conv\d\.\d'),
    ("torchvision's S3D", r'features\.\d+\.branch\d'),
    ('S3D or I3D', r'(Mixed|Conv3d)_\d'),
    ('a vision transformer', r'(blocks|layers)\.\d+\.(attn|norm)'),
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
    """

    name: str | None
    sha256: str | None
    seed: int | None
    epoch: int | None
    line: str


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
    check_origin(path, meta.get('cfg'), dict(method=method, variant=variant))
    state = checkpoint.get('state_dict', checkpoint)
    given = {
        key.removeprefix(PREFIX): value
        for key, value in state.items()
        if key.startswith(PREFIX) and isinstance(value, Tensor)
    }
    own = backbone.state_dict()
    _check_fit(path, own, given, list(state), f'{method}/{backbone_name}')
    backbone.load_state_dict(given, strict=True)
    rest = sorted({key.split('.')[0] for key in state if not key.startswith(PREFIX)})
    line = f'backbone {len(given)}/{len(own)} tensors loaded'
    line += f'; left out: {", ".join(rest)} (expected)' if rest else ''
    seed, epoch = meta.get('seed'), meta.get('epoch')
    return LoadedWeights(
        path.name,
        file_sha256(path),
        seed if isinstance(seed, int) else None,
        epoch if isinstance(epoch, int) else None,
        line,
    )


def read_checkpoint(path: Path) -> dict[str, Any]:
    """Read a checkpoint without running any code that it may hold."""
    if not path.is_file():
        raise UserError(f'checkpoint {path} does not exist (none: random weights)')
    try:
        checkpoint = torch.load(path, map_location='cpu', weights_only=True)
    except pickle.UnpicklingError as error:
        culprit = re.search(r'(?:GLOBAL|Unsupported \w+|class) ([\w.]+\.\w+)', str(error))
        what = f'holds {culprit[1]}' if culprit else 'is no plain set of tensors'
        raise UserError(
            f'checkpoint {path} refused: it {what}, and loading it could run code'
        ) from None
    except Exception as error:
        raise UserError(
            f'checkpoint {path} cannot be read ({path.stat().st_size:,} bytes, truncated or not a '
            f'checkpoint: {type(error).__name__}); take the one before it'
        ) from None
    if not isinstance(checkpoint, dict) or not isinstance(
        checkpoint.get('state_dict', checkpoint), dict
    ):
        raise UserError(f'checkpoint {path} holds no state dict')
    return checkpoint


def check_origin(path: Path, text: object, expected: dict[str, Any]) -> None:
    """Refuse a checkpoint of another config: a result must not go to another method's account.

    Args:
        path: Of the checkpoint.
        text: The config that it was trained with, as it tells it; anything but a text passes.
        expected: Top-level keys and the values that they must have.
    """
    if not isinstance(text, str):
        return
    for key, value in expected.items():
        found = re.search(rf'^{key} = (.*)$', text, re.MULTILINE)
        if found and found[1] != repr(value):
            raise UserError(
                f'checkpoint {path} was trained with {key} {found[1]}, the config says '
                f'{value!r}: give the config that it was trained with'
            )


def _check_fit(
    path: Path, own: dict[str, Tensor], given: dict[str, Tensor], keys: list[str], name: str
) -> None:
    missing = [key for key in own if key not in given]
    left_over = [key for key in given if key not in own]
    misshapen = [key for key in own if key in given and own[key].shape != given[key].shape]
    if not (missing or left_over or misshapen):
        return
    matched = len(own) - len(missing) - len(misshapen)
    details = []
    if missing:
        details.append(f'missing {len(missing)}, first {", ".join(missing[:3])}')
    if left_over:
        details.append(f'left over {len(left_over)}, first {", ".join(left_over[:3])}')
    if misshapen:
        first = misshapen[0]
        shapes = f'{tuple(given[first].shape)} for {tuple(own[first].shape)}'
        details.append(f'other shape {len(misshapen)}, first {first} {shapes}')
    if not given:
        details.append(f'no key begins with {PREFIX!r}, the first is {next(iter(keys), "none")}')
    family = _family(list(given) or keys)
    looks = f'; the keys look like {family}' if family and matched < len(own) // 2 else ''
    raise UserError(
        f'checkpoint {path} does not fit {name}: matched {matched} of {len(own)} backbone '
        f'tensors{looks}; {"; ".join(details)}'
    )


def _family(keys: list[str]) -> str | None:
    text = '\n'.join(map(str, keys))
    return next((name for name, pattern in FAMILIES if re.search(pattern, text)), None)


def file_sha256(path: Path) -> str:
    """Hash of a file, as records hold it."""
    with path.open('rb') as file:
        return hashlib.file_digest(file, 'sha256').hexdigest()
