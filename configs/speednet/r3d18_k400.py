"""SpeedNet, R3D-18, pretrained on Kinetics-400: 90 epochs, batch 32 in total (8 GPUs x 4)."""

from mmaction.datasets.transforms import RandomRescale
from mmengine.config import read_base

from mlfo_mm.datasets.transforms import SampleSpeeds

with read_base():
    from ..mlfo.r3d18_k400 import *
    from .._base_.models.speednet import *  # isort: skip
    from .._base_.schedules.sgd_steps import *  # isort: skip

model = dict(_pretext, data_preprocessor=model.data_preprocessor, backbone=model.backbone)
train_pipeline[1] = dict(type=SampleSpeeds, clip_len=clip_len)
train_pipeline[2].pop('scale')
train_pipeline[3].update(
    transforms=[
        dict(type=RandomRescale, scale_range=(64, 336)),
        dict(type=Resize, scale=(crop_size, crop_size), keep_ratio=False),
        dict(type=Flip, flip_ratio=0.5),
    ]
)
train_dataloader.update(batch_size=4)
train_dataloader.dataset.update(pipeline=train_pipeline)
