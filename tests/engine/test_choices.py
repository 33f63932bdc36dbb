"""What a command line says of a training, in its config."""

from __future__ import annotations

from mlfo_mm.engine.choices import choose, fit_batch
from mlfo_mm.engine.config import load_config


def test_the_batch_of_a_small_run_fits_its_list(digits):
    config = load_config('mlfo/r3d18@demo')
    assert fit_batch(config).endswith('has 16 videos: batch 8 in place of 32')
    assert config.train_dataloader.batch_size == 8
    assert fit_batch(config) == ''


def test_what_is_not_said_stays():
    config = load_config('mlfo/r3d18@smoke')
    own = config.randomness.seed
    choose(config)
    assert config.work_dir == 'work_dirs/mlfo/r3d18@smoke'
    assert (config.randomness.seed, config.randomness.deterministic) == (own, False)
    choose(config, dataset='mine')
    assert config.work_dir == 'work_dirs/mlfo/r3d18@smoke'  # one that is there is not renamed


def test_what_is_said():
    config = load_config('mlfo/r3d18@smoke')
    choose(config, dataset='mine', seed=3, deterministic=True, amp=True)
    assert config.work_dir == 'work_dirs/mlfo/r3d18@smoke-mine'
    assert (config.randomness.seed, config.randomness.deterministic) == (3, True)
    assert config.optim_wrapper.type == 'AutocastOptimWrapper'
    choose(config, work_dir='elsewhere', visualizers=('tensorboard',))
    assert config.work_dir == 'elsewhere' and 'Tensorboard' in str(config.visualizer)
