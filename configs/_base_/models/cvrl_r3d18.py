"""SimCLR with CVRL's head and temperature on R3D-18."""

from mmengine.config import read_base

from mlfo_mm.models import NTXentLoss, SimCLR

with read_base():
    from .mlfo_r3d18 import *

method = 'simclr'
variant = 'cvrl'
model = dict(
    type=SimCLR,
    data_preprocessor=model.data_preprocessor,
    backbone=model.backbone,
    projection=dict(num_layers=4, hidden_channels=2048, out_channels=128),
    # 2 for the sum of both directions' means
    contrast=dict(type=NTXentLoss, temperature=0.1, loss_weight=2.0),
)
