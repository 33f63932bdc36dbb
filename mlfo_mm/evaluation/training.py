"""Training of a classifier on a backbone, frozen or not, through mmengine's Runner."""

from __future__ import annotations

import copy
import time
from pathlib import Path
from typing import Any

import torch
from mmaction.registry import MODELS
from mmengine.config import Config
from mmengine.registry import DATASETS
from mmengine.runner import Runner

from mlfo_mm.engine.hooks.checkpoint import find_resume
from mlfo_mm.engine.hooks.origin import OriginHook
from mlfo_mm.engine.hooks.preemption import PreemptionHook
from mlfo_mm.engine.launch import prepare_work_dir, use_amp
from mlfo_mm.engine.loop import ResumableTrainLoop
from mlfo_mm.evaluation.classifier_file import write_classifier
from mlfo_mm.evaluation.pipelines import dataset_config, loader_config, train_pipeline
from mlfo_mm.evaluation.recognizer import DownstreamRecognizer, LinearHead
from mlfo_mm.evaluation.trial import Trial, feature_width, preprocessor
from mlfo_mm.files import disk_errors


def model_config(trial: Trial) -> dict[str, Any]:
    """Config of the trial's backbone under a linear head."""
    settings = trial.settings
    return dict(
        type=DownstreamRecognizer,
        backbone=copy.deepcopy(trial.pretrain.model.backbone),
        cls_head=dict(
            type=LinearHead,
            num_classes=len(trial.classes),
            in_channels=feature_width(trial),
            dropout_ratio=settings.dropout_ratio,
            normalize=settings.normalize_features,
            average_clips=trial.average,
        ),
        data_preprocessor=preprocessor(trial.pretrain),
        freeze_backbone=settings.freeze_backbone,
    )


def build_classifier(trial: Trial) -> DownstreamRecognizer:
    """The trial's backbone, weights included, under a fresh head of the trial's seed."""
    torch.manual_seed(trial.seed)
    model = MODELS.build(model_config(trial))
    model.init_weights()
    model.backbone.load_state_dict(trial.model.backbone.state_dict())
    return model


def train_classifier(
    trial: Trial, model: DownstreamRecognizer
) -> tuple[dict[str, int], dict[str, Any]]:
    """Train on the training list; goes on where an earlier run of the same trial was stopped.

    The last epoch's weights are the result: no epoch is selected, neither on the test list nor
    elsewhere.

    Returns:
        Counts of the training videos, and first and last values of the training log.
    """
    # a copy: the trial's own config names its record
    config, request, settings = copy.deepcopy(trial.config), trial.request, trial.settings
    work_dir = prepare_work_dir(Path(request.work_dir) / trial.folder())
    config.train_cfg.type = ResumableTrainLoop
    if trial.amp:
        use_amp(config)
    pipeline = train_pipeline(trial.geometry, trial.flip_ratio, settings.max_scale)
    where = (request.dataset, 'train', request.split, pipeline)
    how = (False, request.skip_broken, trial.seed, request.decode_timeout)
    dataset = dataset_config(*where, *how)
    data = DATASETS.build(dataset)
    batch_size = min(settings.train_batch_size, len(data))
    # the config and not `data`: mmengine would copy it, and the workers of a copy see no new epoch
    loader = loader_config(dataset, batch_size, settings.num_workers, shuffle=True)
    loader['drop_last'] = len(data) > batch_size  # batch norm cannot train on a rest of one
    write_classifier(trial, model_config(trial), loader, work_dir)
    path = find_resume(work_dir)
    if path is not None:
        print(f'resuming from {path}')
    about = trial.about()
    runner = Runner(
        model=model,
        work_dir=str(work_dir),
        train_dataloader=Runner.build_dataloader(loader, seed=trial.seed),
        train_cfg=config.train_cfg,
        optim_wrapper=config.optim_wrapper,
        param_scheduler=config.param_scheduler,
        default_hooks=config.default_hooks,
        custom_hooks=config.custom_hooks,
        env_cfg=config.env_cfg,
        log_processor=config.log_processor,
        log_level=config.log_level,
        randomness=dict(config.randomness, seed=trial.seed),
        visualizer=config.visualizer,
        default_scope='mmaction',
        load_from=str(path) if path else None,
        resume=path is not None,
        # mmengine keeps one log per name and process
        experiment_name=f'{about["experiment"]}-{time.time_ns()}',
        cfg=Config(
            dict(
                task=request.task, **{key: about[key] for key in ('method', 'variant', 'backbone')}
            )
        ),
    )
    runner.register_hook(OriginHook({}))  # broken videos of earlier stops count on
    runner.register_hook(PreemptionHook())
    with disk_errors(work_dir, 'free space or choose another --work-dir, then run it again'):
        runner.train()
    broken = len(runner.train_dataloader.dataset.read_stats()['names'])
    counts = dict(expected=len(data), read=len(data) - broken, skipped=broken)
    return counts, _log(runner)


def _log(runner: Runner) -> dict[str, Any]:
    log: dict[str, Any] = dict(epochs=runner.epoch, iterations=runner.iter)
    for name in ('loss', 'top1_acc'):
        values = runner.message_hub.log_scalars.get(f'train/{name}')
        if values is not None and len(values.data[0]):
            log[f'{name}_first'] = float(values.data[0][0])
            log[f'{name}_last'] = float(values.mean(20))
    return log
