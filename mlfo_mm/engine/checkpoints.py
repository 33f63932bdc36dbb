"""Checkpoint files: read without running code from them, compared with a model key by key."""

from __future__ import annotations

import argparse
import pickle
import re
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from mlfo_mm.engine.composed import carried_text, differing
from mlfo_mm.errors import UserError, short
from mlfo_mm.study.config_text import read_values

SHOWN = 3  # keys that a message names
DEPTH = 3  # levels of dicts around the weights
BACKBONE = 'backbone.'  # begins the names of a backbone's tensors in a model
SAFETENSORS = '.safetensors'
# a file that archives of programs hold, beside their weights
PROGRAMS = {
    '/constants.pkl': 'a TorchScript program',
    '/archive_format': 'a program of torch.export',
}


def read_checkpoint(path: Path) -> dict[str, Any]:
    """Read a checkpoint, or a file of safetensors, without running any code that it may hold.

    Where the weights are nested in it (``model``, ``student``, ...), they are its ``state_dict`` in
    what is returned; of several sets, each with its place before its names.

    Raises:
        UserError: No such file, not whole, not a set of plain tensors, or one that would run code.
    """
    if not path.is_file():
        what = 'is no file' if path.exists() else f'does not exist{_others(path)}'
        raise UserError(f'checkpoint {path} {what}')
    try:
        if path.suffix == SAFETENSORS:
            return dict(load_file(path))
        _check_kind(path)
        with torch.serialization.safe_globals([argparse.Namespace]):  # options that many codes save
            checkpoint = torch.load(path, map_location='cpu', weights_only=True)
    except pickle.UnpicklingError as error:
        culprit = re.search(r'(?:GLOBAL|Unsupported \w+|class) ([\w.]+\.\w+)', str(error))
        what = f'holds {culprit[1]}' if culprit else 'is no plain set of tensors'
        raise UserError(
            f'checkpoint {path} refused: it {what}, and loading it could run code'
        ) from None
    except SafetensorError as error:
        raise UserError(f'checkpoint {path} cannot be read ({error})') from None
    except UserError:
        raise
    except Exception as error:  # torch raises half a dozen types for a truncated archive
        raise UserError(
            f'checkpoint {path} cannot be read ({path.stat().st_size:,} bytes, truncated or not a '
            f'checkpoint: {type(error).__name__}); take the one before it'
        ) from None
    if not isinstance(checkpoint, dict) or not isinstance(
        checkpoint.get('state_dict', checkpoint), dict
    ):
        raise UserError(f'checkpoint {path} holds no state dict')
    if not isinstance(checkpoint.get('meta', {}), dict):
        raise UserError(
            f'checkpoint {path}: its meta data are no dict but {checkpoint["meta"]!r:.80}'
        )
    checkpoint = _with_state_dict(checkpoint)
    _check_tensors(tensors_of(checkpoint), path)
    return checkpoint


def tensors_of(checkpoint: Mapping[str, Any]) -> dict[str, Tensor]:
    """The tensors of a checkpoint, whether it is a state dict or holds one beside other state."""
    state = checkpoint.get('state_dict', checkpoint)
    return {str(key): value for key, value in state.items() if isinstance(value, Tensor)}


def _others(path: Path) -> str:
    """What there is in the place of a checkpoint that is not there."""
    found = [other for other in path.parent.glob('*.pth') if other.is_file()]
    names = [other.name for other in sorted(found, key=lambda each: (len(each.name), each.name))]
    shown = names if len(names) <= 6 else [*names[:2], '...', *names[-3:]]
    return f'; there: {", ".join(shown)}' if names else ' (none: random weights)'


def _check_kind(path: Path) -> None:
    """Refuse what other things go by the name of a checkpoint, each by what it is."""
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            _check_archive(path, archive.infolist())
        return
    with path.open('rb') as file:
        head = file.read(100)
    text = head.decode('ascii', 'replace').replace('\n', ' ').replace('\r', ' ')
    if text.isprintable() and text.isascii() and text.strip():
        why = '; git lfs pull gets the file itself' if 'git-lfs' in text else ''
        raise UserError(f'checkpoint {path} is text, and begins with {text[:40]!r}{why}')


def _check_archive(path: Path, files: list[zipfile.ZipInfo]) -> None:
    """Refuse a program, and what unpacks to more than it is: torch compresses nothing."""
    for end, what in PROGRAMS.items():
        if any(each.filename.endswith(end) for each in files):
            raise UserError(f'checkpoint {path} is {what}: save and give its state_dict()')
    size, unpacked = path.stat().st_size, sum(each.file_size for each in files)
    if unpacked > size:
        raise UserError(f'checkpoint {path} refused: {size:,} bytes unpack to {unpacked:,}')


def _with_state_dict(checkpoint: dict[str, Any]) -> dict[str, Any]:
    """The same, its weights where :func:`tensors_of` looks for them."""
    if tensors_of(checkpoint):
        return checkpoint
    sets = dict(_nested(checkpoint.get('state_dict', checkpoint), ''))
    if len(sets) == 1:
        (state,) = sets.values()
    else:
        state = {f'{place}{key}': value for place in sets for key, value in sets[place].items()}
    return checkpoint | dict(state_dict=state) if sets else checkpoint


def _nested(node: dict[str, Any], place: str) -> Iterator[tuple[str, dict[str, Tensor]]]:
    """Sets of tensors by name below a dict, each with its place; not those of an optimizer."""
    for key, value in node.items():
        if not isinstance(key, str) or not isinstance(value, dict) or key.startswith('optim'):
            continue
        own = {name: each for name, each in value.items() if isinstance(each, Tensor)}
        if own and all(isinstance(name, str) for name in own):
            yield f'{place}{key}.', own
        elif place.count('.') < DEPTH:
            yield from _nested(value, f'{place}{key}.')


def _check_tensors(tensors: Mapping[str, Tensor], path: Path) -> None:
    """Refuse tensors without values of their own: a copy would fail, or take any memory."""
    size = path.stat().st_size
    for key, value in tensors.items():
        kind = 'meta' if value.is_meta else str(value.layout).removeprefix('torch.')
        if kind != 'strided' or value.is_quantized or value.is_nested:
            raise UserError(f'checkpoint {path}: {short(key)} is no plain tensor ({kind})')
        if value.numel() * value.element_size() > size:
            raise UserError(
                f'checkpoint {path}: {short(key)} has {value.numel():,} values, more than the file'
            )


@dataclass(frozen=True)
class Differences:
    """What keeps a state dict from filling a model, each in the order of the keys.

    Attributes:
        total: Tensors of the model.
        missing: Those that the state dict lacks.
        left_over: Those that the model does not have.
        misshapen: Those of another shape, or quantised or complex, each with a line that says which.
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
            f'{name} {len(keys)}, first {", ".join(map(short, keys[:SHOWN]))}'
            for name, keys in kinds
            if keys
        )


def differences(own: Mapping[str, Tensor], given: Mapping[str, Tensor]) -> Differences:
    """Compare the state dict of a model with one that is to fill it."""
    return Differences(
        len(own),
        tuple(key for key in own if key not in given),
        tuple(key for key in given if key not in own),
        tuple(
            f'{short(key)} {_described(given[key])} for {_described(own[key])}'
            for key in own
            if key in given and not _takes(own[key], given[key])
        ),
    )


def _takes(own: Tensor, given: Tensor) -> bool:
    """Whether a tensor can take another's values: weights neither as whole numbers nor as complex ones."""
    real = given.is_floating_point() or not (own.is_floating_point() or given.is_complex())
    return own.shape == given.shape and real


def _described(tensor: Tensor) -> str:
    kind = '' if tensor.is_floating_point() else f' of {str(tensor.dtype).removeprefix("torch.")}'
    return f'{tuple(tensor.shape)}{kind}'


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
