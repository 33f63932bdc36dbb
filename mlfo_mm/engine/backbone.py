"""A trained backbone for other programs: as a module, or as a file that torch alone runs."""

from __future__ import annotations

import io
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from mmaction.registry import MODELS
from mmengine.config import Config
from mmengine.registry import init_default_scope
from torch import nn

from mlfo_mm.engine.checkpoints import BACKBONE, differences, read_checkpoint, tensors_of
from mlfo_mm.engine.composed import carried_config
from mlfo_mm.errors import UserError
from mlfo_mm.files import write_atomic

FACTS = 'mlfo_mm.json'  # name of the facts within an exported program
PROGRAM = '.pt2'


@dataclass(frozen=True)
class ClipFacts:
    """What clips (N, 3, T, H, W) a backbone was trained on, and what it was.

    Attributes:
        run: That trained it.
        mean: Of a channel, taken off values of 0 to 255.
        std: Of a channel, which they are then divided by.
        clip_len: T.
        frame_interval: Frames of the video from one of the clip to the next.
        crop_size: H and W.
        short_side: Of the frames before they are cropped.
        frame_difference: The clip is of differences of consecutive frames.
        backbone: Its config: width, strides, padding.
    """

    run: str
    mean: list[float]
    std: list[float]
    clip_len: int
    frame_interval: int
    crop_size: int
    short_side: int
    frame_difference: bool
    backbone: dict[str, Any]


def load_backbone(checkpoint: str | Path) -> nn.Module:
    """The backbone of a checkpoint of this project, in evaluation mode.

    Its attribute ``facts`` (:class:`ClipFacts`) says what to feed it: clips (N, 3, T, H, W), normalised. It
    returns a tuple of the maps (N, C, T', H', W') of its levels, low to high.

    Args:
        checkpoint: Of ``tools/train.py``, or of ``tools/convert_checkpoint.py import``.

    Raises:
        UserError: There is none, it carries no config, or its tensors do not fit that.
    """
    path = Path(checkpoint)
    read = read_checkpoint(path)
    config = carried_config(read, path)
    if config is None:
        raise UserError(
            f'{path} carries no config of a run: convert it with tools/convert_checkpoint.py import'
        )
    init_default_scope('mmaction')
    model = MODELS.build(config.model.backbone)
    state = tensors_of(read)
    own = {k.removeprefix(BACKBONE): v for k, v in state.items() if k.startswith(BACKBONE)}
    found = differences(model.state_dict(), own)
    if found:
        raise UserError(f'{path} does not fit the backbone of {config.filename}: {found}')
    model.load_state_dict(own)
    model.facts = clip_facts(config)
    return model.eval()


def clip_facts(config: Config) -> ClipFacts:
    """Those of a run's config."""
    return ClipFacts(
        run=str(config.get('run', config.filename)),
        mean=list(config.normalize.mean),
        std=list(config.normalize.std),
        clip_len=config.clip_len,
        frame_interval=config.frame_interval,
        crop_size=config.crop_size,
        short_side=config.short_side,
        frame_difference=bool(config.get('frame_difference')),
        backbone=config.model.backbone.to_dict(),
    )


def export_program(source: Path, target: Path) -> str:
    """Write a backbone as a program of torch.export, which no package but torch is needed to run.

    ``torch.export.load(target).module()`` takes normalised clips (N, 3, T, H, W) with any N. The file holds
    the facts (:class:`ClipFacts`) as JSON: ``extra_files={'mlfo_mm.json': ''}`` of ``torch.export.load``.

    Returns:
        A line that says what was written.

    Raises:
        UserError: As :func:`load_backbone`.
    """
    model = load_backbone(source)
    facts = model.facts
    clips = torch.zeros(2, 3, facts.clip_len, facts.crop_size, facts.crop_size)
    batch = {0: torch.export.Dim('batch')}
    program = torch.export.export(model, (clips,), dynamic_shapes=(batch,))
    file = io.BytesIO()
    torch.export.save(program, file, extra_files={FACTS: json.dumps(asdict(facts), default=str)})
    write_atomic(target, file.getvalue())
    shape = f'N, 3, {facts.clip_len}, {facts.crop_size}, {facts.crop_size}'
    return f'backbone of {facts.run} as a program for clips ({shape}): {target}'
