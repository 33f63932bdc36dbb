"""What the parts of the check share: findings, a line each on the screen and in the JSON; a model."""

from __future__ import annotations

import contextlib
import copy
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from mmaction.registry import MODELS
from mmengine.config import Config
from mmengine.registry import init_default_scope
from torch import nn


class Wrong(Exception):
    """What was measured is not what it must be."""


@dataclass
class Setting:
    """Where and how large the parts run.

    Attributes:
        device: 'cuda' or 'cpu'.
        quick: Smallest sizes, to see whether everything runs.
        folder: For what they write.
    """

    device: str
    quick: bool
    folder: Path


@dataclass
class Report:
    """Findings of one part.

    Attributes:
        part: Its name.
        path: File of findings, a JSON a line: what was found before a kill stays.
        ends: When its time is up, by ``time.monotonic``.
    """

    part: str
    path: Path
    ends: float
    found: list[dict[str, Any]] = field(default_factory=list)

    @property
    def left(self) -> float:
        """Seconds that it has."""
        return self.ends - time.monotonic()

    @contextlib.contextmanager
    def check(self, name: str) -> Iterator[dict[str, Any]]:
        """A check, whose values go into the dict; an error ends this check alone."""
        values: dict[str, Any] = {}
        if self.left <= 0:
            self.add(name, 'no time', values)
            yield values  # its work is done for nothing: parts ask `left` before long ones
            return
        try:
            yield values
        except Exception as error:
            why = str(error).strip().splitlines() or ['']
            self.add(name, 'failed', values | dict(why=f'{type(error).__name__}: {why[0]}'))
        else:
            self.add(name, 'ok', values)

    def add(self, name: str, status: str, values: dict[str, Any]) -> None:
        """Print and keep a finding."""
        entry = dict(part=self.part, check=name, status=status, **values)
        self.found.append(entry)
        shown = ', '.join(f'{key} {_short(value)}' for key, value in values.items())
        print(f'{self.part}: {name}: {status}{": " if shown else ""}{shown}', flush=True)
        with self.path.open('a') as file:
            file.write(json.dumps(entry, default=str) + '\n')


def read(path: Path) -> list[dict[str, Any]]:
    """Findings of a file."""
    return [json.loads(line) for line in path.read_text().splitlines()] if path.is_file() else []


def within(found: float, wanted: float, tolerance: float, what: str) -> float:
    """Relative distance of two numbers; :class:`Wrong` beyond the tolerance."""
    distance = abs(found - wanted) / max(abs(wanted), 1e-6)
    if not distance <= tolerance:
        raise Wrong(f'{what}: {found:.6g} for {wanted:.6g}, a distance of {distance:.2g}')
    return distance


def built(config: Config, device: str) -> nn.Module:
    """A config's model from seed 0, late in training, without dropout, whose draws differ by device."""
    init_default_scope('mmaction')
    torch.manual_seed(0)
    model = MODELS.build(copy.deepcopy(config.model)).to(device).train()
    model.set_epoch(config.train_cfg.max_epochs - 1, config.train_cfg.max_epochs)
    for module in model.modules():
        if isinstance(module, nn.Dropout):
            module.p = 0.0
    return model


def _short(value: Any) -> str:
    return f'{value:.4g}' if isinstance(value, float) else str(value)
