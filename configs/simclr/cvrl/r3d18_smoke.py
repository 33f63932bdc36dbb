"""SimCLR as in CVRL in seconds, for tests: two epochs of tiny clips."""

from mmengine.config import read_base
from mmengine.optim import OptimWrapper

with read_base():
    from .r3d18_demo import *

profile = 'smoke'
crop_size = 32
short_side = 36
model.backbone.update(base_channels=4)
model.projection.update(hidden_channels=16, out_channels=16)
optim_wrapper.update(type=OptimWrapper)
train_pipeline[3].transforms[1].update(scale=(crop_size, crop_size))
train_dataloader.update(batch_size=4, num_workers=0, persistent_workers=False)
train_dataloader.dataset.update(pipeline=train_pipeline)
train_cfg.update(max_epochs=2)
param_scheduler[0].update(milestones=[1])
