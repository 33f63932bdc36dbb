"""Neighbours in seconds, for tests."""

from mmengine.config import read_base

with read_base():
    from ._base_.neighbours import *

downstream.update(num_clips=2, num_workers=0, num_queries=2)
