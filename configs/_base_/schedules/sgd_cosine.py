"""SGD with a linear warm-up and a cosine, for contrastive methods; epochs and rate are the method's."""

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
