"""SpeedNet on S3D-G at the paper's size, 64 frames of 224 pixels, pretrained on Kinetics-400."""

from mmengine.config import read_base

with read_base():
    from .r3d18_k400 import *
    from .._base_.backbones.s3dg import *  # isort: skip

clip_len = 64
crop_size = 224
short_side = 256
eval_frame_interval = 1
model.backbone = _backbone
train_pipeline[1].update(clip_len=clip_len)
train_pipeline[3].transforms[1].update(scale=(crop_size, crop_size))
train_dataloader.dataset.update(pipeline=train_pipeline)
