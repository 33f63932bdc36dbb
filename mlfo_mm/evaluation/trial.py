"""What an evaluation runs on: its data, clips and weights, and the line that names its protocol."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from mmaction.models import ActionDataPreprocessor
from mmengine.config import Config
from mmengine.registry import init_default_scope

from mlfo_mm.datasets.annotation import (
    Subset,
    find_dataset,
    has_labels,
    list_file,
    read_classes,
    read_list,
)
from mlfo_mm.engine.checkpoints import read_checkpoint
from mlfo_mm.engine.composed import carried_config
from mlfo_mm.errors import UserError
from mlfo_mm.evaluation.lists import checked_lists
from mlfo_mm.evaluation.pipelines import ClipGeometry, dataset_config, test_pipeline
from mlfo_mm.evaluation.recognizer import DownstreamRecognizer
from mlfo_mm.evaluation.request import (
    PROTOCOL_VERSION,
    Evaluation,
    Request,
    read_configs,
)
from mlfo_mm.evaluation.weights import LoadedWeights, load_backbone, random_weights
from mlfo_mm.study.identity import NO_CHECKPOINT
from mlfo_mm.study.tasks import TASKS


@dataclass
class Trial(Evaluation):
    """A request with everything that it names read, checked and built.

    Attributes:
        classes: Names of the classes.
        model: The backbone with its preprocessor.
        weights: Those that were loaded into it.
        leakage: Of which lists it was checked that they share nothing with the test list.
    """

    classes: list[str]
    model: DownstreamRecognizer
    weights: LoadedWeights
    leakage: dict[str, Any]

    def folder(self) -> str:
        """Name of the folder that training resumes in: other weights or videos never share one."""
        videos = self.leakage['lists']['training']['content']
        parts = (self.experiment(), (self.weights.sha256 or '')[:8], videos[:8])
        return '-'.join(filter(None, parts))

    def protocol(self, what: str) -> dict[str, Any]:
        """The protocol with its one-line summary, which the same trial of any method shares."""
        settings, request = self.settings, self.request
        task = TASKS[request.task]
        averaged = dict(prob='mean softmax', score='mean logits')[self.average]
        clips = f'{settings.num_clips} uniform clips x 1 crop'
        if task.averaged:
            clips += f', {averaged}'
        line = f'{what}; {request.dataset} split {request.split}; {clips}; {self.geometry.line()}'
        return dict(
            version=PROTOCOL_VERSION,
            line=line,
            num_classes=len(self.classes),
            num_clips=settings.num_clips,
            num_crops=1,
            average=self.average,
            frozen=task.frozen,
            amp=self.amp,
            pretrain_epochs=self.weights.epoch,
            pretrain_epoch=self.weights.which_epoch(self.pretrain.train_cfg.get('max_epochs')),
            selection='the last epoch; nothing is selected on the test list',
            **self.geometry.as_dict(),
        )

    def test_data(self, subset: Subset, reverse: bool = False) -> dict[str, Any]:
        """Config of a list's videos as uniform clips, forward or played backwards."""
        request = self.request
        pipeline = test_pipeline(self.geometry, self.settings.num_clips, reverse)
        where = (request.dataset, subset, request.split, pipeline)
        how = (True, request.skip_broken, self.seed, request.decode_timeout)
        return dataset_config(*where, *how)


@dataclass
class Shared:
    """What requests have in common: read, compared and built for the first of them.

    Attributes:
        classes: Names of classes, by data set and split.
        weights: Backbones with their weights, by all that these depend on.
        leakage: Which lists were compared, by the data set and the weights.
        carried: Configs that checkpoints carry, by their paths.
    """

    classes: dict[tuple[str, int], list[str]] = field(default_factory=dict)
    weights: dict[str, tuple[DownstreamRecognizer, LoadedWeights]] = field(default_factory=dict)
    leakage: dict[str, dict[str, Any]] = field(default_factory=dict)
    carried: dict[str, Config | None] = field(default_factory=dict)


def prepare(request: Request, shared: Shared | None = None) -> Trial:
    """Read and check all that a request names, before anything takes time.

    Args:
        request: What to evaluate, and how.
        shared: What other requests have read; what is new is added.

    Raises:
        UserError: For anything that the user can mend.
    """
    init_default_scope('mmaction')
    shared = Shared() if shared is None else shared
    pretrain, config = read_configs(request, _carried(request, shared))
    data = (request.dataset, request.split)
    if data not in shared.classes:
        shared.classes[data] = _check_data(*data)
    geometry = ClipGeometry.from_config(pretrain)
    model, weights = _weights(request, pretrain, shared)
    seed = request.seed if request.seed is not None else weights.seed or 0
    key = repr((*data, request.run, request.checkpoint, request.options))
    if key not in shared.leakage:
        trained = pretrain if weights.sha256 else None
        shared.leakage[key] = checked_lists(*data, trained, weights.data)
    read = (shared.classes[data], model, weights, shared.leakage[key])
    return Trial(request, pretrain, config, geometry, seed, *read)


def _carried(request: Request, shared: Shared) -> Config | None:
    """The config that a request's checkpoint carries, read once."""
    path = request.checkpoint
    if path != NO_CHECKPOINT and path not in shared.carried:
        shared.carried[path] = carried_config(read_checkpoint(Path(path)), path)
    return copy.deepcopy(shared.carried.get(path))


def preprocessor(pretrain: Config) -> dict[str, Any]:
    """Config of the preprocessor: the pretraining's mean and deviation."""
    return dict(type=ActionDataPreprocessor, format_shape='NCTHW', **pretrain.normalize)


@torch.no_grad()
def feature_width(trial: Trial) -> int:
    """Width of the backbone's last level."""
    trial.model.eval()
    size = trial.geometry.crop_size
    clips = torch.zeros(1, 1, 3, trial.geometry.clip_len, size, size)  # (N, V, C, T, H, W)
    device = next(trial.model.parameters()).device
    return trial.model.extract_feat(clips.to(device))[0].shape[1]


def _check_data(dataset: str, split: int) -> list[str]:
    folder = find_dataset(dataset)
    classes = read_classes(folder)
    if not has_labels(folder):
        raise UserError(
            f'{dataset} has no labels ({folder / "classes.txt"} has one line): it is a set to pretrain '
            'on, --dataset names one with classes to evaluate on'
        )
    for subset in ('train', 'test'):
        read_list(list_file(folder, subset, split), len(classes))
    return classes


def _weights(
    request: Request, pretrain: Config, shared: Shared
) -> tuple[DownstreamRecognizer, LoadedWeights]:
    named = (pretrain.method, pretrain.variant, pretrain.backbone_name)
    parts = (pretrain.model.backbone.to_dict(), pretrain.normalize.to_dict())
    seed = (request.seed or 0) if request.checkpoint == NO_CHECKPOINT else None
    key = repr((request.checkpoint, seed, named, parts))
    if key not in shared.weights:
        model = DownstreamRecognizer(
            copy.deepcopy(pretrain.model.backbone), data_preprocessor=preprocessor(pretrain)
        )
        weights = (
            random_weights(model.backbone, seed)
            if seed is not None
            else load_backbone(model.backbone, request.checkpoint, *named)
        )
        shared.weights[key] = model, weights
    return shared.weights[key]
