"""SimCLR as in CVRL on the embedded synthetic set: minutes on 2 cores."""

from mmengine.config import read_base

from mlfo_mm.engine import AutocastOptimWrapper

with read_base():
    from ..._base_.datasets.two_views_64 import *
    from ..._base_.default_runtime import *
    from ..._base_.models.cvrl_r3d18 import *
    from ..._base_.schedules.adam import *

profile = 'demo'
pretrain_dataset = 'synthetic_motion'
train_pipeline[1].update(mode='cvrl')
train_dataloader.dataset.update(pipeline=train_pipeline)
# width, strides, optimiser and epochs of MLFO's demo
model.backbone.update(base_channels=16, temporal_strides=(1, 1, 2, 2))
# the head as much narrower as the backbone
model.projection.update(hidden_channels=512)
optim_wrapper.update(type=AutocastOptimWrapper)
train_cfg.update(max_epochs=10)
param_scheduler[0].update(milestones=[8])
