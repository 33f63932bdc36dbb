"""VCOP in seconds, for tests."""

from mmengine.config import read_base

from mlfo_mm.datasets.transforms import SampleClipOrder

with read_base():
    from ..mlfo.r3d18_smoke import *
    from .._base_.models.vcop import *  # isort: skip

model = dict(_pretext, data_preprocessor=model.data_preprocessor, backbone=model.backbone)
train_pipeline[1] = dict(type=SampleClipOrder, clip_len=clip_len, gap=8)
train_dataloader.dataset.update(pipeline=train_pipeline)
