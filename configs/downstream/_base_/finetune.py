"""One recipe for every method, CtP's: SGD 0.01, 150 epochs, decay at 60 and 120, batch 32.

Dropout 0.5, gradients clipped at 40, weight decay 5e-4, random scale and crop, flips. Two departures
from CtP: flips at 0.5, not 0.35, and no colour jitter. The last epoch counts: no epoch is chosen.
"""

from mmengine.optim import MultiStepLR, OptimWrapper
from torch.optim import SGD

downstream = dict(
    freeze_backbone=False,
    normalize_features=False,
    dropout_ratio=0.5,
    flip_ratio=0.5,
    max_scale=9 / 7,  # short side of 112 to 144 for crops of 112
    num_clips=10,
    average='prob',
    train_batch_size=32,
    batch_size=8,
    num_workers=8,
    amp=False,
)
optim_wrapper = dict(
    type=OptimWrapper,
    optimizer=dict(type=SGD, lr=0.01, momentum=0.9, weight_decay=5e-4),
    clip_grad=dict(max_norm=40),
)
param_scheduler = [dict(type=MultiStepLR, by_epoch=True, milestones=[60, 120], gamma=0.1)]
