"""Order of frames at the published scale."""

from mmengine.config import read_base

with read_base():
    from ._base_.order import *

downstream.update(batch_size=8, num_workers=8)
