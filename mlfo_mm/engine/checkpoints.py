"""Checkpoint files: read without running code from them, compared with a model key by key."""

from __future__ import annotations

import pickle
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from mlfo_mm.engine.composed import carried_text, differing, read_values
from mlfo_mm.errors import UserError

SHOWN = 3  # keys that a message names
BACKBONE = 'backbone.'  # begins the names of a backbone's tensors in a model
SAFETENSORS = '.safetensors'


def read_checkpoint(path: Path) -> dict[str, Any]:
    """Read a checkpoint, or a file of safetensors, without running any code that it may hold.

    Raises:
        UserError: No such file, not whole, not a set of tensors, or one that would run code.
    """
    if not path.is_file():
        what = 'is no file' if path.exists() else 'does not exist (none: random weights)'
        raise UserError(f'checkpoint {path} {what}')
    try:
        if path.suffix == SAFETENSORS:
            return dict(load_file(path))
        checkpoint = torch.load(path, map_location='cpu', weights_only=True)
    except pickle.UnpicklingError as error:
        culprit = re.search(r'(?:GLOBAL|Unsupported \w+|class) ([\w.]+\.\w+)', str(error))
        what = f'holds {culprit[1]}' if culprit else 'is no plain set of tensors'
        raise UserError(
            f'checkpoint {path} refused: it {what}, and loading it could run code'
        ) from None
    except SafetensorError as error:
        raise UserError(f'checkpoint {path} cannot be read ({error})') from None
    except Exception as error:  # torch raises half a dozen types for a truncated archive
        raise UserError(
            f'checkpoint {path} cannot be read ({path.stat().st_size:,} bytes, truncated or not a '
            f'checkpoint: {type(error).__name__}); take the one before it'
        ) from None
    if not isinstance(checkpoint, dict) or not isinstance(
        checkpoint.get('state_dict', checkpoint), dict
    ):
        raise UserError(f'checkpoint {path} holds no state dict')
    return checkpoint


def tensors_of(checkpoint: Mapping[str, Any]) -> dict[str, Tensor]:
    """The tensors of a checkpoint, whether it is a state dict or holds one beside other state."""
    state = checkpoint.get('state_dict', checkpoint)
    return {str(key): value for key, value in state.items() if isinstance(value, Tensor)}


@dataclass(frozen=True)
class Differences:
    """What keeps a state dict from filling a model, each in the order of the keys.

    Attributes:
        total: Tensors of the model.
        missing: Those that the state dict lacks.
        left_over: Those that the model does not have.
        misshapen: Those of another shape, each with a line that says which.
    """

    total: int
    missing: tuple[str, ...] = ()
    left_over: tuple[str, ...] = ()
    misshapen: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.missing or self.left_over or self.misshapen)

    @property
    def matched(self) -> int:
        """Tensors of the model that the state dict fills."""
        return self.total - len(self.missing) - len(self.misshapen)

    def __str__(self) -> str:
        """The number of each kind, and the first keys of each."""
        kinds = (
            ('missing', self.missing),
            ('left over', self.left_over),
            ('other shape', self.misshapen),
        )
        return '; '.join(
            f'{name} {len(keys)}, first {", ".join(keys[:SHOWN])}' for name, keys in kinds if keys
        )


def differences(own: Mapping[str, Tensor], given: Mapping[str, Tensor]) -> Differences:
    """Compare the state dict of a model with one that is to fill it."""
    return Differences(
        len(own),
        tuple(key for key in own if key not in given),
        tuple(key for key in given if key not in own),
        tuple(
            f'{key} {tuple(given[key].shape)} for {tuple(own[key].shape)}'
            for key in own
            if key in given and own[key].shape != given[key].shape
        ),
    )


def backbone_differences(
    own: Mapping[str, Tensor], given: Mapping[str, Tensor]
) -> tuple[Differences, dict[str, Tensor]]:
    """Compare a whole model with one whose heads may be others: the backbone must be whole.

    Returns:
        Differences in the backbone and in what both have, and those of the given tensors.
    """
    known = {key: value for key, value in given.items() if key in own or key.startswith(BACKBONE)}
    needed = {key: value for key, value in own.items() if key in known or key.startswith(BACKBONE)}
    return differences(needed, known), known


def check_origin(path: Path, checkpoint: Mapping[str, Any], expected: Mapping[str, Any]) -> None:
    """Refuse a checkpoint of another run: a result must not go to another method's account.

    Args:
        path: Of the checkpoint.
        checkpoint: As it was read; one that carries no config passes.
        expected: Facts of the config and the values that they must have.
    """
    found = differing(read_values(carried_text(checkpoint)), expected)
    if found:
        raise UserError(
            f'checkpoint {path} was trained with {found}: name the run that it was trained with'
        )
