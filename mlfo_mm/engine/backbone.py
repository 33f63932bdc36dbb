"""A trained backbone for other programs: as a module, or as a file that torch alone runs."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
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
from mlfo_mm.engine.hooks.checkpoint import find_resume
from mlfo_mm.engine.launch import default_work_dir
from mlfo_mm.errors import UserError
from mlfo_mm.files import write_atomic
from mlfo_mm.models.utils import pad_in_time
from mlfo_mm.study.identity import ZEROS
from mlfo_mm.study.runs import parse_run

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

    def text(self) -> str:
        """As JSON."""
        return json.dumps(asdict(self), default=str)


def load_backbone(checkpoint: str | Path) -> nn.Module:
    """The backbone of a checkpoint of this project, or of a run, in evaluation mode.

    Its attribute ``facts`` (:class:`ClipFacts`) says what to feed it: clips (N, 3, T, H, W), normalised. It
    returns a tuple of the maps (N, C, T', H', W') of its levels, low to high.

    Args:
        checkpoint: As :func:`find_checkpoint` has it: a file of ``tools/train.py`` or of
            ``tools/convert_checkpoint.py import``, a work directory, or a run.

    Raises:
        UserError: There is none, it carries no config, or its tensors do not fit that.
    """
    path = find_checkpoint(checkpoint)
    read = read_checkpoint(path)
    config = carried_config(read, path)
    if config is None:
        raise UserError(
            f'{path} carries no config of a run: convert it with tools/convert_checkpoint.py import'
        )
    state = tensors_of(read)
    own = {k.removeprefix(BACKBONE): v for k, v in state.items() if k.startswith(BACKBONE)}
    model = build_backbone(config, own, path)
    model.facts = clip_facts(config)
    return model


def build_backbone(
    config: Config, tensors: Mapping[str, torch.Tensor], source: object = 'the checkpoint'
) -> nn.Module:
    """The backbone of a run with its tensors, in evaluation mode.

    Raises:
        UserError: They do not fit; it names ``source``.
    """
    init_default_scope('mmaction')
    settings = config.model.backbone.to_dict()
    padding = settings.pop('time_padding', ZEROS)
    model = MODELS.build(settings)
    pad_in_time(model, padding)
    found = differences(model.state_dict(), tensors)
    if found:
        raise UserError(f'{source} does not fit the backbone of {config.filename}: {found}')
    model.load_state_dict(tensors)
    return model.eval()


def find_checkpoint(what: str | Path) -> Path:
    """The file that is meant: a checkpoint, or the newest of a work directory or of a run.

    A run, such as ``mlfo/r3d18@demo``, means its work directory of ``tools/train.py`` below the current
    folder, ``work_dirs/mlfo/r3d18@demo``. A file or folder of that name goes first.

    Raises:
        UserError: There is none.
    """
    path = Path(what)
    if path.is_file():
        return path
    folder = path
    if not path.is_dir():
        try:
            run = parse_run(str(what))
        except UserError:
            read_checkpoint(path)  # says what there is
            raise
        folder = default_work_dir(run.method, run.stem())
    found = find_resume(folder) if folder.is_dir() else None
    if found is None:
        remedy = '' if folder is path else f'; python tools/train.py {what} trains it'
        raise UserError(f'{what}: no checkpoint epoch_*.pth in {folder}{remedy}')
    return found


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
    torch.export.save(program, file, extra_files={FACTS: facts.text()})
    write_atomic(target, file.getvalue())
    shape = f'N, 3, {facts.clip_len}, {facts.crop_size}, {facts.crop_size}'
    return f'backbone of {facts.run} as a program for clips ({shape}): {target}'
