"""Whose result an evaluation is: its request, its configs, and what a record calls it."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from mmengine.config import Config, ConfigDict

from mlfo_mm.engine import fast_in_bfloat16
from mlfo_mm.engine.checkpoints import read_checkpoint
from mlfo_mm.engine.composed import carried_config, checked_origin, composed_text
from mlfo_mm.engine.config import load_config, load_task, task_keys, with_changes
from mlfo_mm.engine.config_values import require
from mlfo_mm.engine.hooks.checkpoint import last_checkpoint
from mlfo_mm.errors import UserError
from mlfo_mm.evaluation.pipelines import ClipGeometry
from mlfo_mm.study.config_text import look_up
from mlfo_mm.study.experiments import SWEPT_KEYS
from mlfo_mm.study.identity import (
    NO_CHECKPOINT,
    ZEROS,
    Pretraining,
    Protocol,
    evaluation_identity,
    padded_variant,
)
from mlfo_mm.study.tasks import TASKS

PROTOCOL_VERSION = 2  # 1: ties of scores went by the order of the classes
NEEDED = (
    'method', 'variant', 'backbone_name', 'pretrain_dataset', 'profile', 'normalize',
    'model.backbone', 'train_cfg',
)  # fmt: skip
# what an evaluation of a checkpoint can have its own of: how clips look
OF_CLIPS = (*(each.name for each in fields(ClipGeometry)), 'normalize', 'flip_ratio')
# where a run was stored, how it was spelled and which seed it had is no part of what it was, and
# neither is what a part of it is made of
NOT_FAMILY = (
    'randomness', 'work_dir', 'resume', 'load_from', 'launcher', 'log_level', 'run',
    'views', 'sampler', 'pretext_step', 'own_views', 'reader', 'backbone', 'train_pipeline',
    'time_padding',
)  # fmt: skip


@dataclass(frozen=True)
class Request:
    """The arguments of ``tools/evaluate.py``.

    Attributes:
        checkpoint: Of a pretraining, or 'none' for random weights.
        task: Key of a task.
        dataset: Name of the data set.
        run: Whose checkpoint it is. Most checkpoints carry their config: then it is only compared.
            Of random weights, whose backbone and geometry.
        split: Number of the split.
        seed: None for the checkpoint's own.
        amp: bfloat16 autocast; the downstream config may ask for it too.
        work_dir: For features and finetuned models.
        skip_broken: Pass over broken videos and count them.
        decode_timeout: Seconds after which a video counts as broken.
        average: 'prob' or 'score'; None for the downstream config's.
        options: Changes of config values: keys of the downstream config go there, all others to
            the pretraining config. Of one that a checkpoint carries only how clips look.
    """

    checkpoint: str
    task: str
    dataset: str
    run: str = ''
    split: int = 1
    seed: int | None = None
    amp: bool = False
    work_dir: str | Path = 'work_dirs/evaluate'
    skip_broken: bool = False
    decode_timeout: float = 60.0
    average: str | None = None
    options: dict[str, Any] = field(default_factory=dict)


@dataclass
class Evaluation:
    """A request with its configs: enough to name its record, before any weights are read.

    Attributes:
        request: The request.
        pretrain: Config of the pretraining.
        config: The downstream config.
        geometry: Of the clips.
        seed: The request's, or the checkpoint's own.
    """

    request: Request
    pretrain: Config
    config: Config
    geometry: ClipGeometry
    seed: int

    @property
    def settings(self) -> ConfigDict:
        """Values of the protocol in the downstream config."""
        return self.config.downstream

    @property
    def average(self) -> str:
        """'prob' for the mean softmax of a video's clips, 'score' for the mean of their logits."""
        return self.request.average or self.settings.average

    @property
    def amp(self) -> bool:
        """Whether bfloat16 autocast is on: asked for, and not on a CPU that is slow in it."""
        return (self.request.amp or self.settings.amp) and fast_in_bfloat16()

    @property
    def flip_ratio(self) -> float:
        """Share of clips that training with labels flips."""
        return flip_ratio_of(self.pretrain)

    @property
    def untrained(self) -> bool:
        """Whether the weights are random."""
        return self.request.checkpoint == NO_CHECKPOINT

    def about(self) -> dict[str, Any]:
        """The fields of a record that say what it is a record of.

        To be taken before the task runs: mmengine changes configs that it builds from.
        """
        request = self.request
        protocol = replace(
            protocol_of(self.config, request.task),
            dataset=request.dataset,
            split=request.split,
            average=self.average,
            amp=self.amp,
            skip_broken=request.skip_broken,
        )
        return evaluation_identity(
            pretraining_of(self.pretrain), protocol, self.seed, self.untrained
        )

    def experiment(self) -> str:
        """Name of the record."""
        return self.about()['experiment']


def weights_of(words: Sequence[str]) -> tuple[str, str]:
    """Run and checkpoint of ``[RUN] CHECKPOINT`` or ``RUN none``; a work directory has its last epoch's.

    The run is empty where none is named.
    """
    *run, checkpoint = words
    if checkpoint != NO_CHECKPOINT:
        checkpoint = str(last_checkpoint(checkpoint))
    return ''.join(run), checkpoint


def own_dataset(run: str, checkpoint: str) -> str:
    """The data set that weights were trained on, or would be.

    Raises:
        UserError: The checkpoint does not say, and no run is named.
    """
    carried = None
    if checkpoint != NO_CHECKPOINT:
        carried = carried_config(read_checkpoint(Path(checkpoint)), checkpoint)
    if carried is None and not run:
        raise UserError(f'{checkpoint} carries no config of this project: name a --dataset')
    config = load_config(run) if carried is None else carried
    require(config, ('pretrain_dataset',))
    return str(config.pretrain_dataset)


def read_configs(request: Request, carried: Config | None = None) -> tuple[Config, Config]:
    """The pretraining config and the protocol of a request, with its options.

    Args:
        request: The request.
        carried: The config that the checkpoint carries; None where it carries none, or there is no
            checkpoint (yet).

    Raises:
        UserError: No such task, run, profile or option, a value that cannot be, or a run that is not
            the checkpoint's.
    """
    if request.task not in TASKS:
        raise UserError(f'--task {request.task}: known are {", ".join(TASKS)}')
    if carried is None and not request.run:
        raise UserError(
            f'{request.checkpoint} carries no config of this project: name the run as well, '
            f'tools/evaluate.py RUN {shlex.quote(request.checkpoint)}'
        )
    plain = load_config(request.run) if carried is None else carried
    require(plain, ('profile',))
    known = task_keys(request.task, plain.profile)
    ours = {k: v for k, v in request.options.items() if k.split('.')[0] in known}
    theirs = {k: v for k, v in request.options.items() if k not in ours}
    if carried is None:
        pretrain = load_config(request.run, theirs) if theirs else plain
    else:
        if request.run:
            checked_origin(request.checkpoint, carried, load_config(request.run))
        for key in theirs:
            if key.split('.')[0] not in OF_CLIPS:
                raise UserError(
                    f'--cfg-options {key}: {request.checkpoint} was trained with it as it is; only '
                    'what clips of evaluation look like can be changed'
                )
        pretrain = with_changes(carried, theirs) if theirs else carried
    require(pretrain, NEEDED)
    config = load_task(request.task, pretrain.profile, ours)
    average = request.average or config.downstream.average
    if average not in ('prob', 'score'):
        raise UserError(f'average={average!r}: prob (mean softmax) or score (mean logits)')
    return pretrain, config


def flip_ratio_of(config: Config) -> float:
    """Share of clips that training with labels flips, whatever it starts from."""
    return float(config.get('flip_ratio', 0.5))


def pretraining_of(config: Config) -> Pretraining:
    """What a config trains, in plain data."""
    bare = ClipGeometry.from_config(config).as_dict() | dict(
        backbone=config.model.backbone.to_dict(),
        normalize=config.normalize.to_dict(),
        flip_ratio=flip_ratio_of(config),
    )
    padding = config.get('time_padding', ZEROS)
    swept = {name: look_up(config, key) for name, key in SWEPT_KEYS.items()}
    return Pretraining(
        config.method,
        padded_variant(config.variant, padding),
        config.backbone_name,
        config.pretrain_dataset,
        config.profile,
        config_text(config),
        repr(bare),
        look_up(config, 'train_dataloader.dataset.split', 1),
        {name: float(value) for name, value in swept.items() if value is not None},
        padding,
    )


def protocol_of(config: Config, task: str) -> Protocol:
    """A task's protocol in plain data, as its config has it; on which data is yet to be said."""
    settings = config.downstream
    text = config_text(config)
    return Protocol(PROTOCOL_VERSION, task, '', 1, settings.average, settings.amp, False, text)


def config_text(config: Config) -> str:
    """What a run of a config depends on but its seed, wherever it is stored and however spelled."""
    return composed_text(config, NOT_FAMILY)
