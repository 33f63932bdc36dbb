"""SpeedNet's 7-way variant, at the size and budget of MLFO's demo."""

from mmengine.config import read_base

from mlfo_mm.datasets.transforms import SamplePace

with read_base():
    from ...mlfo.r3d18_demo import *
    from ..._base_.models.speednet_ctp7 import *  # isort: skip

model = dict(_pretext, data_preprocessor=model.data_preprocessor, backbone=model.backbone)
train_pipeline[1] = dict(
    type=SamplePace, clip_len=clip_len, paces=(-4, -2, -1, 0, 1, 2, 4), num_clips=2
)
train_dataloader.dataset.update(pipeline=train_pipeline)
