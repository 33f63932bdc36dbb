"""Probe per level in seconds, for tests."""

from mmengine.config import read_base

with read_base():
    from ._base_.linear_probe_cached import *

downstream.update(num_clips=2, num_workers=0, folds=2)
