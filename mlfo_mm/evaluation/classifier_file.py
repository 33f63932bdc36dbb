"""The config of a trained classifier as a file: with it MMAction2's own tools run on the checkpoint."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from pathlib import Path
from types import FunctionType
from typing import Any

from mmaction.engine.hooks import VisualizationHook
from mmaction.evaluation import AccMetric
from mmaction.visualization import ActionVisualizer, LocalVisBackend
from mmengine.config import Config
from mmengine.runner import TestLoop

from mlfo_mm.evaluation.pipelines import loader_config
from mlfo_mm.evaluation.trial import Trial
from mlfo_mm.files import write_atomic
from mlfo_mm.study.identity import NO_CHECKPOINT

NAME = 'classifier.py'
SHARED = (
    'custom_imports', 'default_scope', 'train_cfg', 'optim_wrapper', 'param_scheduler', 'custom_hooks',
    'env_cfg', 'log_processor', 'log_level', 'resume', 'launcher', 'model_wrapper_cfg',
)  # fmt: skip


def write_classifier(
    trial: Trial, model: Mapping[str, Any], train_loader: Mapping[str, Any], folder: Path
) -> None:
    """Write a whole config: it tests the checkpoint again, infers, browses the data, trains anew.

    Args:
        trial: What is trained.
        model: Config of the classifier.
        train_loader: Config of the training videos.
        folder: Of the checkpoints.
    """
    settings, start = trial.settings, trial.request.checkpoint
    data = trial.test_data('test')
    config = {key: trial.config[key] for key in SHARED if key in trial.config}
    config |= dict(
        model=model,
        train_dataloader=train_loader,
        test_pipeline=data['pipeline'],
        test_dataloader=loader_config(data, settings.batch_size, settings.num_workers, False),
        test_cfg=dict(type=TestLoop),
        test_evaluator=dict(type=AccMetric),
        default_hooks=dict(trial.config.default_hooks, visualization=dict(type=VisualizationHook)),
        visualizer=dict(type=ActionVisualizer, vis_backends=[dict(type=LocalVisBackend)]),
        randomness=dict(trial.config.randomness, seed=trial.seed),
        load_from=None if start == NO_CHECKPOINT else str(Path(start).absolute()),
    )
    write_atomic(folder / NAME, Config(_named(copy.deepcopy(config))).pretty_text)


def _named(node: Any) -> Any:
    """A config with the names of its classes, which a file can hold, in place of the classes."""
    if isinstance(node, Mapping):
        return {key: _named(value) for key, value in node.items()}
    if isinstance(node, list | tuple):
        return type(node)(_named(value) for value in node)
    named = isinstance(node, type | FunctionType)
    return f'{node.__module__}.{node.__qualname__}' if named else node
