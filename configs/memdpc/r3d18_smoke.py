"""MemDPC in seconds, for tests."""

from mmengine.config import read_base

from mlfo_mm.datasets.transforms import SampleBlocks

with read_base():
    from ..mlfo.r3d18_smoke import *
    from .._base_.models.memdpc import *  # isort: skip

model = dict(_prediction, data_preprocessor=model.data_preprocessor, backbone=model.backbone)
model.update(feature_size=16, predict_steps=2, memory_size=8)
train_pipeline[1] = dict(type=SampleBlocks, block_len=4, num_blocks=5, frame_interval=2)
train_pipeline[3].transforms[3].update(p=0.25)
train_dataloader.dataset.update(pipeline=train_pipeline)
