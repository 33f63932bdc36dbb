"""Probe per level on the embedded synthetic set."""

from mmengine.config import read_base

with read_base():
    from ._base_.linear_probe_cached import *

downstream.update(num_clips=4, batch_size=8, amp=True)
