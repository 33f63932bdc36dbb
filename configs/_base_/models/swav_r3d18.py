"""SwAV on R3D-18: two clips; as many prototypes as in SlowFast's SwAV on Kinetics-400."""

from mmengine.config import read_base

from mlfo_mm.models import SwappedPredictionLoss, SwAV

with read_base():
    from .mlfo_r3d18 import *

method = 'swav'
variant = 'two_clips'
model = dict(
    type=SwAV,
    data_preprocessor=model.data_preprocessor,
    backbone=model.backbone,
    embedding_dim=128,
    queue_size=3840,
    queue_begin_epoch=15,
    prototypes=dict(
        num_prototypes=1000,
        epsilon=0.05,
        num_iters=3,
        freeze_epochs=1,
        # 0.5 for the mean of both directions
        loss=dict(type=SwappedPredictionLoss, temperature=0.1, loss_weight=0.5),
    ),
)
