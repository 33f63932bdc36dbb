"""SGD with steps: 90 epochs of Kinetics-400, batch 32 in total (8 GPUs x 4), as microsoft/CtP has it."""

from mmengine.optim import MultiStepLR, OptimWrapper
from torch.optim import SGD

optim_wrapper = dict(
    type=OptimWrapper,
    optimizer=dict(type=SGD, lr=0.01, momentum=0.9, weight_decay=1e-4),
    clip_grad=dict(max_norm=40, norm_type=2),
)
param_scheduler = [dict(type=MultiStepLR, by_epoch=True, milestones=[30, 60], gamma=0.1)]
auto_scale_lr = dict(enable=False, base_batch_size=32)
schedule_at = dict(
    ucf101=dict(
        train_cfg=dict(max_epochs=300), param_scheduler={'-1': dict(milestones=[100, 200])}
    ),
)
