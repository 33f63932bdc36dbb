"""BYOL on R3D-18: the paper's heads and target momentum."""

from mmengine.config import read_base

from mlfo_mm.models import BYOL, CosinePredictionLoss

with read_base():
    from .mlfo_r3d18 import *

method = 'byol'
variant = 'paper'
model = dict(
    type=BYOL,
    data_preprocessor=model.data_preprocessor,
    backbone=model.backbone,
    projection=dict(num_layers=2, hidden_channels=4096, out_channels=256),
    prediction=dict(type=CosinePredictionLoss),
    momentum=0.996,
)
