"""One recipe for every method, CtP's: SGD 0.01, 150 epochs, decay at 60 and 120, batch 32.

Dropout 0.5, gradients clipped at 40, weight decay 5e-4, random scale and crop, flips. Two departures
from CtP: flips at 0.5, not 0.35, and no colour jitter. The last epoch counts: no epoch is chosen.
"""

from mmengine.optim import CosineAnnealingLR, LinearLR, MultiStepLR, OptimWrapper
from torch.optim import SGD, Adam

downstream = dict(
    freeze_backbone=False,
    normalize_features=False,
    dropout_ratio=0.5,
    max_scale=9 / 7,  # short side of 112 to 144 for crops of 112
    num_clips=10,
    average='prob',
    train_batch_size=32,
    batch_size=4,
    num_workers=1,
    amp=False,
)
optim_wrapper = dict(
    type=OptimWrapper,
    optimizer=dict(type=SGD, lr=0.01, momentum=0.9, weight_decay=5e-4),
    clip_grad=dict(max_norm=40),
)
param_scheduler = [dict(type=MultiStepLR, by_epoch=True, milestones=[60, 120], gamma=0.1)]
train_cfg = dict(max_epochs=150)


def _short(epochs, milestone, batch_size):
    return dict(
        downstream=dict(train_batch_size=batch_size),
        train_cfg=dict(max_epochs=epochs),
        param_scheduler={'0': dict(milestones=[milestone])},
    )


_by = dict(by_epoch=True, convert_to_iter_based=True)
task_at = dict(
    smoke=_short(2, 1, 4),
    # the demo's few steps ask for its pretraining's optimiser
    demo=dict(
        downstream=dict(train_batch_size=32, dropout_ratio=0.0),
        optim_wrapper=dict(
            optimizer=dict(_delete_=True, type=Adam, lr=2e-3, weight_decay=1e-5),
        ),
        param_scheduler=[
            dict(type=LinearLR, start_factor=0.05, begin=0, end=2, **_by),
            dict(type=CosineAnnealingLR, T_max=5, begin=2, end=7, **_by),
        ],
        train_cfg=dict(max_epochs=7),
        log_level='WARNING',  # the progress bar says enough
    ),
    # as few steps as the demo's ask for the pretraining's optimiser as well
    mini=dict(
        downstream=dict(train_batch_size=32),
        optim_wrapper=dict(
            optimizer=dict(_delete_=True, type=Adam, lr=2e-3, weight_decay=1e-5),
        ),
        param_scheduler=[
            dict(type=LinearLR, start_factor=0.05, begin=0, end=1, **_by),
            dict(type=CosineAnnealingLR, T_max=11, begin=1, end=12, **_by),
        ],
        train_cfg=dict(max_epochs=12),
    ),
)
