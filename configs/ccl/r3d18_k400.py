"""CCL, R3D-18, pretrained on Kinetics-400: 200 epochs, batch 256 in total (8 GPUs x 32)."""

from mmengine.config import read_base

from mlfo_mm.models import CCL, CycleContrastLoss, NTXentLoss

with read_base():
    from ..backbones.r3d18 import *
    from ..profiles.paper import *
    from ..schedules.sgd_cosine import *
    from ..views.two_clips import *

method, variant = 'ccl', 'default'
pretrain_dataset = 'kinetics400'
model = dict(
    type=CCL,
    projection=dict(num_layers=2, out_channels=128),
    cycle=dict(type=CycleContrastLoss, temperature=0.1),
    contrast=dict(type=NTXentLoss, temperature=0.1),
)
train_cfg.update(max_epochs=200)
