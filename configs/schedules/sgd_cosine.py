"""SGD with a linear warm-up and a cosine, for contrastive methods: 200 epochs of Kinetics-400."""

from mmengine.optim import CosineAnnealingLR, LinearLR, OptimWrapper
from torch.optim import SGD

optim_wrapper = dict(
    type=OptimWrapper,
    optimizer=dict(type=SGD, lr=0.03, momentum=0.9, weight_decay=1e-4),
)
param_scheduler = [
    dict(type=LinearLR, start_factor=0.01, by_epoch=True, end=5),
    dict(type=CosineAnnealingLR, by_epoch=True, begin=5, end=200),
]
auto_scale_lr = dict(enable=False, base_batch_size=256)
# of UCF101 300 epochs, as MLFO has them
schedule_at = dict(
    ucf101=dict(train_cfg=dict(max_epochs=300), param_scheduler={'-1': dict(end=300)}),
)
