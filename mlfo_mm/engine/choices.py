"""What a command line chooses of a training: its folder, seed, precision, batch, and where curves go."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from mmengine.config import Config

from mlfo_mm.datasets.annotation import read_list
from mlfo_mm.engine.announce import fitting_batch
from mlfo_mm.engine.compose import PAPER
from mlfo_mm.engine.launch import default_work_dir, training_list, use_amp
from mlfo_mm.engine.visualizers import use_visualizers


def choose(
    config: Config,
    work_dir: str | None = None,
    dataset: str | None = None,
    seed: int | None = None,
    deterministic: bool = False,
    amp: bool = False,
    visualizers: Sequence[str] = (),
) -> None:
    """Put into a config what a command line says; where it says nothing, the config's own stays.

    Args:
        config: As composed.
        work_dir: Folder of the training; named by the run, and a data set of its own, without.
        dataset: That was named in place of the run's own.
        seed: Of all that is random.
        deterministic: cuDNN is.
        amp: Train under bfloat16 autocast.
        visualizers: Where curves go besides the log.
    """
    stem = '-'.join(filter(None, (Path(config.filename).stem, dataset)))
    usual = default_work_dir(config.get('method', 'run'), stem)
    config.work_dir = work_dir or config.get('work_dir') or str(usual)
    if seed is not None:
        config.randomness.seed = seed
    config.randomness.deterministic = deterministic or config.randomness.get('deterministic', False)
    if amp:
        use_amp(config)
    if visualizers:
        use_visualizers(config, visualizers)


def fit_batch(config: Config) -> str:
    """Lower the batch of a small run on one process to what its list fills; a line if it was."""
    if config.get('profile') == PAPER:
        return ''
    path, loader = training_list(config), config.train_dataloader
    videos = len(read_list(path))
    batch = fitting_batch(loader.batch_size, videos)
    if batch == loader.batch_size:
        return ''
    line = f'{path} has {videos} videos: batch {batch} in place of {loader.batch_size}'
    loader.batch_size = batch
    return line
