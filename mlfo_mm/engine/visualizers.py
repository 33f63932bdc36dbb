"""Where the curves of a training go besides its own files: TensorBoard, W&B, MLflow, by mmengine."""

from __future__ import annotations

import os
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from mmengine.config import Config

from mlfo_mm.errors import UserError

FILES = 'mmengine.visualization.LocalVisBackend'  # always: the curves that records hold
PARAMS = ('method', 'variant', 'backbone_name', 'profile', 'pretrain_dataset')


def use_visualizers(config: Config, names: Sequence[str]) -> None:
    """Send a run's curves to some of these, and to no other.

    W&B writes to the work directory, for ``wandb sync``, unless ``WANDB_MODE`` says otherwise; so does
    MLflow, for ``mlflow ui --backend-store-uri sqlite:///WORK_DIR/mlflow.db``, unless
    ``MLFLOW_TRACKING_URI`` names a server. Its plain files, which mmengine would take, MLflow 3 refuses.

    Args:
        config: The run's; changed. Its ``work_dir`` is set.
        names: Of ``tensorboard``, ``wandb`` and ``mlflow``, as their packages are called.

    Raises:
        UserError: A package is not installed.
    """
    for name in names:
        try:
            import_module(name)
        except ImportError as error:
            raise UserError(
                f'--visualizer {name}: {error}: python -m pip install {name}'
            ) from error
    backends = [dict(type=FILES), *(_backend(name, config) for name in dict.fromkeys(names))]
    # names: a lazy config that was given a class can no longer be written to a file
    config.vis_backends = backends
    config.visualizer.vis_backends = backends


def _backend(name: str, config: Config) -> dict[str, Any]:
    if name == 'tensorboard':
        return dict(type='mmengine.visualization.TensorboardVisBackend')
    run = Path(config.work_dir).name
    if name == 'wandb':
        start = dict(project='mlfo_mm', name=run, mode=os.environ.get('WANDB_MODE', 'offline'))
        return dict(type='mmengine.visualization.WandbVisBackend', init_kwargs=start)
    folder = Path(config.work_dir).absolute()
    uri = os.environ.get('MLFLOW_TRACKING_URI')
    return dict(
        type='mmengine.visualization.MLflowVisBackend',
        exp_name='mlfo_mm',
        run_name=run,
        tracking_uri=uri or f'sqlite:///{folder}/mlflow.db',
        artifact_location=None if uri else f'file://{folder}/mlflow',
        tracked_config_keys=[key for key in PARAMS if key in config],
    )
