"""MemDPC, R3D-18, pretrained on Kinetics-400: 200 epochs, batch 64 in total (8 GPUs x 8)."""

from mmengine.config import read_base

from mlfo_mm.datasets.transforms import SampleBlocks
from mlfo_mm.models import DensePredictionLoss, MemDPC

with read_base():
    from ..backbones.r3d18 import *
    from ..profiles.paper import *
    from ..schedules.adam import *
    from ..views.mlfo import *

method, variant = 'memdpc', 'default'
pretrain_dataset = 'kinetics400'
sampler = dict(type=SampleBlocks, block_len=5, num_blocks=8, frame_interval=3)
views.update(decode=dict(views.decode, scale=None), gray=dict(views.gray, p=0.25))
model = dict(type=MemDPC, prediction=dict(type=DensePredictionLoss), feature_size=256)
model.update(predict_steps=3, memory_size=1024, dropout_ratio=0.1)
train_dataloader.update(batch_size=8)
auto_scale_lr.update(base_batch_size=64)
param_scheduler[0].update(milestones=[120, 160])
train_cfg.update(max_epochs=200)
_batch = dict(train_dataloader=dict(batch_size=4), auto_scale_lr=dict(base_batch_size=32))
_epochs = dict(train_cfg=dict(max_epochs=500), param_scheduler={'-1': dict(milestones=[300, 400])})
method_at = dict(
    ucf101=dict(_batch, **_epochs),
    # as much narrower as the backbone; 20 frames a sample, 39 of the video, which the shortest ones have
    small=dict(
        sampler=dict(block_len=4, num_blocks=5, frame_interval=2),
        views=dict(gray=dict(p=0.25)),
        model=dict(feature_size=64, predict_steps=2, memory_size=128),
    ),
    smoke=dict(model=dict(feature_size=16, memory_size=8)),
)
