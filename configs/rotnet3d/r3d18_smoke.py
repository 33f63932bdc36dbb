"""RotNet in seconds, for tests."""

from mmengine.config import read_base

from mlfo_mm.datasets.transforms import RotateClips, SamplePace

with read_base():
    from ..mlfo.r3d18_smoke import *
    from .._base_.models.rotnet3d import *  # isort: skip

model = dict(_pretext, data_preprocessor=model.data_preprocessor, backbone=model.backbone)
train_pipeline[1] = dict(type=SamplePace, clip_len=clip_len, paces=(1, 2, 3, 4, 5), num_clips=2)
train_pipeline.insert(-2, dict(type=RotateClips))
train_dataloader.dataset.update(pipeline=train_pipeline)
