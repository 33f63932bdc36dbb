"""What one evaluation is: configs, data, clips, weights, and the line that names its protocol."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from mmaction.models import ActionDataPreprocessor
from mmengine.config import Config, ConfigDict
from mmengine.registry import init_default_scope

from mlfo_mm.datasets.annotation import find_dataset, list_file, read_classes, read_list
from mlfo_mm.engine.checkpoints import check_origin
from mlfo_mm.engine.config import load_config
from mlfo_mm.engine.config_values import require
from mlfo_mm.errors import UserError
from mlfo_mm.evaluation.lists import checked_lists
from mlfo_mm.evaluation.pipelines import ClipGeometry, dataset_config, test_pipeline
from mlfo_mm.evaluation.recognizer import DownstreamRecognizer
from mlfo_mm.evaluation.weights import LoadedWeights, load_backbone, random_weights
from mlfo_mm.reporting import experiment_id, hash_text

PROTOCOL_VERSION = 1
TASKS = ('linear_probe', 'finetune', 'retrieval', 'level_probe', 'order', 'neighbours')
# tasks in which the scores of a video's clips are averaged
AVERAGED = ('linear_probe', 'finetune', 'level_probe')
NO_CHECKPOINT = 'none'
NEEDED = (
    'method', 'variant', 'backbone_name', 'pretrain_dataset', 'profile', 'normalize',
    'model.backbone', 'train_cfg',
)  # fmt: skip
# where a run was stored and which seed it had is no part of what it was
NOT_FAMILY = ('randomness', 'work_dir', 'resume', 'load_from', 'launcher', 'log_level')


@dataclass(frozen=True)
class Request:
    """The arguments of ``tools/evaluate.py``.

    Attributes:
        config: Pretraining config.
        checkpoint: Its checkpoint, or 'none' for random weights.
        task: One of ``TASKS``.
        dataset: Name of the data set.
        config_dir: Folder of the downstream configs.
        split: Number of the split.
        seed: None for the checkpoint's own.
        amp: bfloat16 autocast; the downstream config may ask for it too.
        work_dir: For features and finetuned models.
        skip_broken: Pass over broken videos and count them.
        decode_timeout: Seconds after which a video counts as broken.
        average: 'prob' or 'score'; None for the downstream config's.
        options: Changes of config values: keys of the downstream config go there, all others to
            the pretraining config.
    """

    config: str | Path
    checkpoint: str
    task: str
    dataset: str
    config_dir: str | Path
    split: int = 1
    seed: int | None = None
    amp: bool = False
    work_dir: str | Path = 'work_dirs/evaluate'
    skip_broken: bool = False
    decode_timeout: float = 60.0
    average: str | None = None
    options: dict[str, Any] = field(default_factory=dict)


@dataclass
class Job:
    """A request with everything that it names read, checked and built.

    ``leakage`` says of which lists it was checked that they share nothing with the test list.
    """

    request: Request
    pretrain: Config
    config: Config
    geometry: ClipGeometry
    classes: list[str]
    model: DownstreamRecognizer
    weights: LoadedWeights
    seed: int
    leakage: dict[str, Any]

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
        """Whether bfloat16 autocast is on."""
        return self.request.amp or self.settings.amp

    @property
    def untrained(self) -> bool:
        """Whether the weights are random."""
        return self.request.checkpoint == NO_CHECKPOINT

    def identity(self) -> dict[str, str]:
        """Whose result it is, as a record names it."""
        if self.untrained:
            method = 'scratch' if self.request.task == 'finetune' else 'random'
            return dict(
                method=method,
                variant='',
                backbone=self.pretrain.backbone_name,
                pretrain_dataset='none',
            )
        return dict(
            method=self.pretrain.method,
            variant=self.pretrain.variant,
            backbone=self.pretrain.backbone_name,
            pretrain_dataset=self.pretrain.pretrain_dataset,
        )

    def family_text(self) -> str:
        """Everything that the result depends on but the seed."""
        if self.untrained:  # of the method, only the backbone plays a part
            pretrain = repr(
                dict(backbone=self.pretrain.model.backbone.to_dict(), **self.geometry.as_dict())
            )
        else:
            pretrain = family_text(self.pretrain)
        downstream = family_text(self.config)
        request = self.request
        asked = dict(
            protocol_version=PROTOCOL_VERSION,
            task=request.task,
            dataset=request.dataset,
            split=request.split,
            average=self.average,
            amp=self.amp,
            skip_broken=request.skip_broken,
        )
        return f'# evaluation\n{asked}\n# pretraining\n{pretrain}\n# downstream\n{downstream}'

    def config_text(self) -> str:
        """Everything that the result depends on."""
        return f'seed = {self.seed}\n{self.family_text()}'

    def experiment(self) -> str:
        """Name of the record."""
        return experiment_id(
            **self.identity(),
            task=self.request.task,
            dataset=self.request.dataset,
            split=self.request.split,
            seed=self.seed,
            family_hash=hash_text(self.family_text()),
        )

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


def family_text(config: Config) -> str:
    """What a run of a config depends on but its seed, wherever it is stored."""
    shown = copy.deepcopy(config)
    for key in NOT_FAMILY:
        shown.pop(key, None)
    return shown.pretty_text


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
    pretrain, config = _read_configs(request)
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
    return Job(request, pretrain, config, geometry, classes, model, weights, seed, leakage)


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


def _read_configs(request: Request) -> tuple[Config, Config]:
    if request.task not in TASKS:
        raise UserError(f'--task {request.task}: known are {", ".join(TASKS)}')
    profile = request.options.get('profile') or load_config(request.config).get('profile')
    path = Path(request.config_dir) / f'{request.task}_{profile}.py'
    if not path.is_file():
        raise UserError(f'{request.config}: profile={profile!r} has no {path}')
    known = set(load_config(path).keys())
    ours = {k: v for k, v in request.options.items() if k.split('.')[0] in known}
    theirs = {k: v for k, v in request.options.items() if k not in ours}
    pretrain, config = load_config(request.config, theirs), load_config(path, ours)
    require(pretrain, NEEDED)
    average = request.average or config.downstream.average
    if average not in ('prob', 'score'):
        raise UserError(f'average={average!r}: prob (mean softmax) or score (mean logits)')
    return pretrain, config


def _check_data(request: Request) -> list[str]:
    folder = find_dataset(request.dataset)
    classes = read_classes(folder)
    for subset in ('train', 'test'):
        read_list(list_file(folder, subset, request.split), len(classes))
    return classes
