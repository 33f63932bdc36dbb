"""TempTrans, R3D-18, pretrained on Kinetics-400: 90 epochs, batch 16 in total (8 GPUs x 2)."""

from mmaction.datasets.transforms import RandomCrop
from mmengine.config import read_base
from mmengine.optim import CosineAnnealingLR
from torch.optim import AdamW

from mlfo_mm.datasets.transforms import SampleTemporalTransforms

with read_base():
    from ..mlfo.r3d18_k400 import *
    from .._base_.models.temptrans import *  # isort: skip

normalize = dict(mean=[127.5, 127.5, 127.5], std=[127.5, 127.5, 127.5])
model = dict(
    _pretext,
    data_preprocessor=dict(model.data_preprocessor, **normalize),
    backbone=model.backbone,
)
train_pipeline[1] = dict(type=SampleTemporalTransforms, clip_len=clip_len, max_speed=3)
train_pipeline[2].update(scale=(171, 128))
train_pipeline[3].update(
    transforms=[
        dict(type=RandomCrop, size=crop_size),
        dict(type=Flip, flip_ratio=0.5),
        dict(type=PerFrameColorJitter, brightness=32 / 255, contrast=0, saturation=0.5, hue=0),
        dict(type=PerFrameGray, p=0.2),
    ]
)
train_dataloader.update(batch_size=2)
train_dataloader.dataset.update(pipeline=train_pipeline)
_rate = 3e-4
optim_wrapper = dict(
    type=OptimWrapper,
    # the authors' optimiser takes 1e-4 of a weight off in each step, PyTorch's AdamW lr * weight_decay
    optimizer=dict(type=AdamW, lr=_rate, betas=(0.9, 0.99), weight_decay=1e-4 / _rate),
    paramwise_cfg=dict(norm_decay_mult=0, bias_decay_mult=0),
)
train_cfg.update(max_epochs=90)
param_scheduler = [dict(type=CosineAnnealingLR, by_epoch=True, T_max=90, eta_min_ratio=1e-3)]
auto_scale_lr.update(base_batch_size=16)
