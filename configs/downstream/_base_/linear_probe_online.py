"""CoCLR's online linear probe with the backbone's batch norm in eval mode.

Frozen features, averaged over space and time, L2-normalised, batch norm, one linear layer; SGD 0.1
for 100 epochs, decay at 60 and 80, weight decay 1e-3, batch 32. The last epoch counts.
"""

from mmengine.optim import MultiStepLR, OptimWrapper
from torch.optim import SGD

downstream = dict(
    probe='online',
    freeze_backbone=True,
    normalize_features=True,
    dropout_ratio=0.0,
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
    type=OptimWrapper, optimizer=dict(type=SGD, lr=0.1, momentum=0.9, weight_decay=1e-3)
)
param_scheduler = [dict(type=MultiStepLR, by_epoch=True, milestones=[60, 80], gamma=0.1)]
