"""DPC, R3D-18, pretrained on Kinetics-400: 300 epochs, batch 128 in total (8 GPUs x 16)."""

from mmengine.config import read_base

from mlfo_mm.datasets.transforms import SampleBlocks
from mlfo_mm.models import DPC, DensePredictionLoss, MapPredictor

with read_base():
    from ..backbones.r3d18 import *
    from ..profiles.paper import *
    from ..schedules.adam import *
    from ..views.mlfo import *

method, variant = 'dpc', 'default'
pretrain_dataset = 'kinetics400'
sampler = dict(type=SampleBlocks, block_len=5, num_blocks=8, frame_interval=3)
views.update(decode=dict(views.decode, scale=None))
model = dict(
    type=DPC,
    prediction=dict(type=DensePredictionLoss),
    predictor=dict(type=MapPredictor),
    feature_size=256,
    predict_steps=3,
    dropout_ratio=0.1,
    init_gain=1.0,
)
train_dataloader.update(batch_size=16)
auto_scale_lr.update(base_batch_size=128)
param_scheduler = []  # one rate throughout
schedule_at = dict()
train_cfg.update(max_epochs=300)
method_at = dict(
    # as MemDPC's: 20 frames a sample, 39 of the video
    small=dict(
        sampler=dict(block_len=4, num_blocks=5, frame_interval=2),
        model=dict(feature_size=64, predict_steps=2),
    ),
    smoke=dict(model=dict(feature_size=16)),
)
