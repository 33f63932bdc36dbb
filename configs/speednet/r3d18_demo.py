"""SpeedNet at the size and budget of MLFO's demo."""

from mmengine.config import read_base

from mlfo_mm.datasets.transforms import SampleSpeeds

with read_base():
    from ..mlfo.r3d18_demo import *
    from .._base_.models.speednet import *  # isort: skip

model = dict(_pretext, data_preprocessor=model.data_preprocessor, backbone=model.backbone)
train_pipeline[1] = dict(type=SampleSpeeds, clip_len=clip_len, frame_interval=2)
train_dataloader.dataset.update(pipeline=train_pipeline)
