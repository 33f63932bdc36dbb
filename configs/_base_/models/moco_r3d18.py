"""MoCo v2 on R3D-18: head, momentum and temperature of v2, as in CtP's MoCo on the same backbone."""

from mmengine.config import read_base

from mlfo_mm.models import InfoNCELoss, MoCo

with read_base():
    from .mlfo_r3d18 import *

method = 'moco'
variant = 'v2'
model = dict(
    type=MoCo,
    data_preprocessor=model.data_preprocessor,
    backbone=model.backbone,
    projection=dict(num_layers=2, batch_norm=False, out_channels=128),
    contrast=dict(type=InfoNCELoss, temperature=0.2),
    queue_size=65536,
    momentum=0.999,
)
