"""Adam with one step, as MLFO was released; milestones and epochs are the recipe's or the profile's."""

from mmengine.optim import MultiStepLR, OptimWrapper
from torch.optim import Adam

optim_wrapper = dict(
    type=OptimWrapper,
    optimizer=dict(type=Adam, lr=1e-3, weight_decay=1e-5, betas=(0.9, 0.999)),
)
param_scheduler = [dict(type=MultiStepLR, by_epoch=True, milestones=[70], gamma=0.1)]
auto_scale_lr = dict(enable=False, base_batch_size=256)
# 300 epochs of UCF101
schedule_at = dict(
    ucf101=dict(train_cfg=dict(max_epochs=300), param_scheduler={'-1': dict(milestones=[200])}),
)
