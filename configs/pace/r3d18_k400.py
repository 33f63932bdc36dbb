"""Pace, R3D-18, pretrained on Kinetics-400: 18 epochs, batch 16 in total (8 GPUs x 2)."""

from mmaction.datasets.transforms import RandomCrop
from mmengine.config import read_base
from torch.optim import SGD

from mlfo_mm.datasets.transforms import SamplePace

with read_base():
    from ..mlfo.r3d18_k400 import *
    from .._base_.models.pace import *  # isort: skip

normalize = dict(mean=[0.0, 0.0, 0.0], std=[1.0, 1.0, 1.0])
model = dict(
    _pretext,
    data_preprocessor=dict(model.data_preprocessor, **normalize),
    backbone=model.backbone,
)
train_pipeline[1] = dict(type=SamplePace, clip_len=clip_len, paces=(1, 2, 3, 4), num_clips=2)
train_pipeline[2].update(scale=(171, 128))
train_pipeline[3].update(
    transforms=[
        dict(type=RandomCrop, size=crop_size),
        dict(type=Flip, flip_ratio=0.5),
        dict(
            type=PerFrameColorJitter, brightness=0.8, contrast=0.8, saturation=0.8, hue=0.2, p=0.8
        ),
    ]
)
train_dataloader.update(batch_size=2)
train_dataloader.dataset.update(pipeline=train_pipeline)
optim_wrapper = dict(
    type=OptimWrapper, optimizer=dict(type=SGD, lr=1e-3, momentum=0.9, weight_decay=5e-3)
)
param_scheduler[0].update(milestones=[6, 12])
auto_scale_lr.update(base_batch_size=16)
train_cfg.update(max_epochs=18)
