"""Probe per level on a small real data set."""

from mmengine.config import read_base

with read_base():
    from ._base_.linear_probe_cached import *

downstream.update(amp=True)
