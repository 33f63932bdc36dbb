"""MemDPC, R3D-18, pretrained on Kinetics-400: 200 epochs, batch 64 in total (8 GPUs x 8)."""

from mmengine.config import read_base

from mlfo_mm.datasets.transforms import SampleBlocks

with read_base():
    from ..mlfo.r3d18_k400 import *
    from .._base_.models.memdpc import *  # isort: skip

model = dict(_prediction, data_preprocessor=model.data_preprocessor, backbone=model.backbone)
train_pipeline[1] = dict(type=SampleBlocks, block_len=5, num_blocks=8, frame_interval=3)
train_pipeline[2].pop('scale')  # crops are of whole frames, whatever their shape
train_pipeline[3].transforms[3].update(p=0.25)
train_dataloader.update(batch_size=8)
train_dataloader.dataset.update(pipeline=train_pipeline)
train_cfg.update(max_epochs=200)
param_scheduler[0].update(milestones=[120, 160])
auto_scale_lr.update(base_batch_size=64)
