"""What notebooks and other programs call; importing it loads nothing, what needs torch loads it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlfo_mm.study.methods import cards
from mlfo_mm.study.paths import CONFIGS

if TYPE_CHECKING:
    from torch import nn

__all__ = ['build', 'list_backbones', 'list_methods', 'load_backbone']


def list_methods() -> list[str]:
    """Names of the methods, as runs are spelled with them: the folders of ``configs/`` with a card.

    >>> 'mlfo' in list_methods()
    True
    """
    return sorted(cards())


def list_backbones() -> list[str]:
    """Names of the backbones, as runs are spelled with them: the files of ``configs/backbones/``.

    >>> 'r3d18' in list_backbones()
    True
    """
    return sorted(path.stem for path in (CONFIGS / 'backbones').glob('[!_]*.py'))


def build(run: str, options: dict[str, Any] | None = None) -> nn.Module:
    """The untrained model of a run.

    Args:
        run: As the tools take it: ``'mlfo/r3d18@mini+one_hot'`` or a config file.
        options: Those of ``--cfg-options``, by dotted keys.

    Returns:
        A recognizer: ``model(inputs, data_samples, mode='loss')`` of clips (N, V, 3, T, H, W).

    Raises:
        UserError: There is no such run, or an option does not fit.
    """
    from mmaction.registry import MODELS
    from mmengine.registry import init_default_scope

    from mlfo_mm.engine.config import load_config

    config = load_config(run, options)
    init_default_scope('mmaction')
    return MODELS.build(config.model)


def load_backbone(checkpoint: str | Path) -> nn.Module:
    """The backbone of a trained run: of its checkpoint, work directory or name, ``'mlfo/r3d18@demo'``.

    See :func:`mlfo_mm.engine.backbone.load_backbone`.
    """
    from mlfo_mm.engine import backbone

    return backbone.load_backbone(checkpoint)
