"""VCOP, R3D-18, pretrained on Kinetics-400: 90 epochs, batch 32 in total (8 GPUs x 4)."""

from mmaction.datasets.transforms import RandomCrop
from mmengine.config import read_base

from mlfo_mm.datasets.transforms import SampleClipOrder

with read_base():
    from ..mlfo.r3d18_k400 import *
    from .._base_.models.vcop import *  # isort: skip
    from .._base_.schedules.sgd_steps import *  # isort: skip

eval_frame_interval = 1  # clips of consecutive frames, as in training
normalize = dict(mean=[0.0, 0.0, 0.0], std=[255.0, 255.0, 255.0])
model = dict(
    _pretext,
    data_preprocessor=dict(model.data_preprocessor, **normalize),
    backbone=model.backbone,
)
train_pipeline[1] = dict(type=SampleClipOrder, clip_len=clip_len, num_clips=3, gap=8)
train_pipeline[2].update(scale=(171, 128))
train_pipeline[3].update(transforms=[dict(type=RandomCrop, size=crop_size)])
optim_wrapper.optimizer.update(lr=1e-3)
train_dataloader.update(batch_size=4)
train_dataloader.dataset.update(pipeline=train_pipeline)
