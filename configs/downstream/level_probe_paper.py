"""Probe per level at the published scale; on stored features, unlike the table's linear probe."""

from mmengine.config import read_base

with read_base():
    from ._base_.linear_probe_cached import *

downstream.update(batch_size=8, num_workers=8)
