"""Order of frames on a small real data set."""

from mmengine.config import read_base

with read_base():
    from ._base_.order import *

downstream.update(amp=True)
