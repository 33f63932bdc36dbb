"""TCLR, R3D-18, pretrained on UCF101 (split 1): 400 epochs, batch 40 in total (8 GPUs x 5)."""

from mmaction.datasets.transforms import Flip, RandomResizedCrop, Resize
from mmengine.config import read_base
from mmengine.optim import LinearLR, MultiStepLR

from mlfo_mm.datasets.transforms import (
    ClipGray,
    DecodeFrames,
    FrameDifference,
    PerFrameColorJitter,
    SampleGlobalLocal,
)
from mlfo_mm.models import TCLR, NTXentLoss, TemporalContrastLoss, TimestampRetrievalLoss

with read_base():
    from ..backbones.r3d18 import *
    from ..profiles.paper import *
    from ..schedules.adam import *

method, variant = 'tclr', 'default'
pretrain_dataset = 'ucf101'
normalize = dict(mean=[0.0, 0.0, 0.0], std=[255.0, 255.0, 255.0])
backbone.update(temporal_strides=(1, 2, 2, 1))  # a step for each of the 4 short clips
sampler = dict(type=SampleGlobalLocal, clip_len='${clip_len}', frame_interval=4, num_local=4)
own_views = True
_jitter = dict(type=PerFrameColorJitter, brightness=0, contrast=0, saturation=0, hue=0)
_jitter.update(p=0.3, per_frame=False)
_steps = (
    'crop',
    'resize',
    'flip',
    'difference',
    'contrast',
    'hue',
    'saturation',
    'brightness',
    'gray',
)
views = dict(
    order=('decode', _steps),
    decode=dict(type=DecodeFrames),
    # a square whose side is 0.6 to 1 of the height, of a frame of 4:3
    crop=dict(type=RandomResizedCrop, area_range=(0.27, 0.75), aspect_ratio_range=(1.0, 1.0)),
    resize=dict(type=Resize, scale=('${crop_size}', '${crop_size}'), keep_ratio=False),
    flip=dict(type=Flip, flip_ratio='${flip_ratio}'),
    difference=dict(type=FrameDifference),
    contrast=dict(_jitter, contrast=0.25, p=0.25),
    hue=dict(_jitter, hue=0.1),
    saturation=dict(_jitter, saturation=0.25),
    brightness=dict(_jitter, brightness=0.25),
    gray=dict(type=ClipGray, p=0.175),
)
# means here; the weights make them the sums of the released code: of 56 ordered pairs over 4, of a
# batch of 40 videos, of 4 steps and 4 pairs of views
model = dict(
    type=TCLR,
    projection=dict(num_layers=2, hidden_channels=512, out_channels=128),
    global_instance=dict(type=NTXentLoss, temperature=0.1),
    local_instance=dict(type=NTXentLoss, temperature=0.1, loss_weight=14.0),
    local_local=dict(type=TemporalContrastLoss, temperature=0.1, loss_weight=40.0),
    global_local=dict(
        type=TimestampRetrievalLoss, temperature=0.1, symmetric=True, loss_weight=16.0
    ),
)
train_dataloader.update(batch_size=5)
auto_scale_lr.update(base_batch_size=40)
optim_wrapper.optimizer.update(weight_decay=1e-9)
param_scheduler = [
    dict(type=LinearLR, start_factor=0.01, by_epoch=True, end=5),
    dict(type=MultiStepLR, by_epoch=True, begin=5, end=400, milestones=[200, 300], gamma=0.1),
]
train_cfg.update(max_epochs=400)
_epochs = dict(
    train_cfg=dict(max_epochs=100), param_scheduler={'-1': dict(end=100, milestones=[50, 75])}
)
# two short clips: backbones have two steps for 8 frames
_two = dict(
    local_instance=dict(loss_weight=3.0),
    global_local=dict(loss_weight=8.0),
    projection=dict(hidden_channels=128),
)
method_at = dict(
    k400=_epochs,
    small=dict(sampler=dict(num_local=2), model=_two),
    demo=dict(model=dict(step_level=1)),  # its R3D-18 has one step in the last level
    smoke=dict(model=dict(projection=dict(hidden_channels=16, out_channels=16))),
)
