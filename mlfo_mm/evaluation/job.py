"""What an evaluation runs on: its data, clips and weights, and the line that names its protocol."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from mmaction.models import ActionDataPreprocessor
from mmengine.config import Config
from mmengine.registry import init_default_scope

from mlfo_mm.datasets.annotation import find_dataset, list_file, read_classes, read_list
from mlfo_mm.engine.checkpoints import check_origin
from mlfo_mm.evaluation.lists import checked_lists
from mlfo_mm.evaluation.pipelines import ClipGeometry, dataset_config, test_pipeline
from mlfo_mm.evaluation.recognizer import DownstreamRecognizer
from mlfo_mm.evaluation.request import (
    NO_CHECKPOINT,
    PROTOCOL_VERSION,
    Evaluation,
    Request,
    read_configs,
)
from mlfo_mm.evaluation.weights import LoadedWeights, load_backbone, random_weights

# tasks in which the scores of a video's clips are averaged
AVERAGED = ('linear_probe', 'finetune', 'level_probe')


@dataclass
class Job(Evaluation):
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
        """Name of the folder that training resumes in: other weights never share one."""
        return '-'.join(filter(None, (self.experiment(), (self.weights.sha256 or '')[:8])))

    def protocol(self, what: str) -> dict[str, Any]:
        """The protocol with its one-line summary, which the same job of any method shares."""
        settings, request = self.settings, self.request
        averaged = dict(prob='mean softmax', score='mean logits')[self.average]
        clips = f'{settings.num_clips} uniform clips x 1 crop'
        if request.task in AVERAGED:
            clips += f', {averaged}'
        line = f'{what}; {request.dataset} split {request.split}; {clips}; {self.geometry.line()}'
        return dict(
            version=PROTOCOL_VERSION,
            line=line,
            num_classes=len(self.classes),
            num_clips=settings.num_clips,
            num_crops=1,
            average=self.average,
            frozen=request.task != 'finetune',
            amp=self.amp,
            pretrain_epochs=self.weights.epoch,
            pretrain_epoch=self.weights.which_epoch(self.pretrain.train_cfg.get('max_epochs')),
            selection='the last epoch; nothing is selected on the test list',
            **self.geometry.as_dict(),
        )

    def test_data(self, subset: str, reverse: bool = False) -> dict[str, Any]:
        """Config of a list's videos as uniform clips, forward or played backwards."""
        request = self.request
        pipeline = test_pipeline(self.geometry, self.settings.num_clips, reverse)
        where = (request.dataset, subset, request.split, pipeline)
        how = (True, request.skip_broken, self.seed, request.decode_timeout)
        return dataset_config(*where, *how)


# a backbone with its weights, by all that they depend on
Loaded = dict[str, tuple[DownstreamRecognizer, LoadedWeights]]


def prepare(request: Request, loaded: Loaded | None = None) -> Job:
    """Read and check all that a request names, before anything takes time.

    Args:
        request: What to evaluate, and how.
        loaded: Weights of other requests, to share; new ones are added.

    Raises:
        UserError: For anything that the user can mend.
    """
    init_default_scope('mmaction')
    pretrain, config = read_configs(request)
    classes = _check_data(request)
    geometry = ClipGeometry.from_config(pretrain)
    named = (pretrain.method, pretrain.variant, pretrain.backbone_name)
    seed = (request.seed or 0) if request.checkpoint == NO_CHECKPOINT else None
    parts = (pretrain.model.backbone.to_dict(), pretrain.normalize.to_dict())
    key = repr((request.checkpoint, seed, named, parts))
    loaded = {} if loaded is None else loaded
    if key not in loaded:
        model = DownstreamRecognizer(
            copy.deepcopy(pretrain.model.backbone), data_preprocessor=preprocessor(pretrain)
        )
        weights = (
            random_weights(model.backbone, seed)
            if seed is not None
            else load_backbone(model.backbone, request.checkpoint, *named)
        )
        loaded[key] = model, weights
    model, weights = loaded[key]
    if seed is None:
        seed = request.seed if request.seed is not None else weights.seed or 0
    text, origin = weights.config_text, None if weights.sha256 is None else pretrain
    if origin is not None:
        told = dict(pretrain_dataset=pretrain.pretrain_dataset)
        check_origin(Path(request.checkpoint), text, told)
    leakage = checked_lists(request.dataset, request.split, origin, text)
    return Job(request, pretrain, config, geometry, seed, classes, model, weights, leakage)


def preprocessor(pretrain: Config) -> dict[str, Any]:
    """Config of the preprocessor: the pretraining's mean and deviation."""
    return dict(type=ActionDataPreprocessor, format_shape='NCTHW', **pretrain.normalize)


@torch.no_grad()
def feature_width(job: Job) -> int:
    """Width of the backbone's last level."""
    job.model.eval()
    size = job.geometry.crop_size
    clips = torch.zeros(1, 1, 3, job.geometry.clip_len, size, size)  # (N, V, C, T, H, W)
    device = next(job.model.parameters()).device
    return job.model.extract_feat(clips.to(device))[0].shape[1]


def _check_data(request: Request) -> list[str]:
    folder = find_dataset(request.dataset)
    classes = read_classes(folder)
    for subset in ('train', 'test'):
        read_list(list_file(folder, subset, request.split), len(classes))
    return classes
