"""A linear layer on the frozen backbone: fitted to stored features, or at paper scale trained online.

Stored features serve retrieval too: logistic regression, whose regularisation is chosen by
cross-validation on the training list, groups (``_gNN_`` in the file names) left out whole.

Online it is CoCLR's probe with the backbone's batch norm in eval mode: features averaged over space
and time, L2-normalised, batch norm, one linear layer; SGD 0.1 for 100 epochs, decay at 60 and 80,
weight decay 1e-3, batch 32. The last epoch counts.
"""

from mmengine.optim import MultiStepLR, OptimWrapper
from torch.optim import SGD

downstream = dict(
    probe='cached',
    num_clips=10,
    average='prob',
    train_on='mean',  # of a training video's clips, or 'clips'
    strengths=(1e-4, 1e-3, 1e-2, 1e-1, 1.0),  # inverse regularisation C, most regularised first
    folds=5,
    batch_size=4,
    num_workers=1,
    amp=False,
)
_online = dict(
    _delete_=True,
    probe='online',
    freeze_backbone=True,
    normalize_features=True,
    dropout_ratio=0.0,
    max_scale=9 / 7,  # short side of 112 to 144 for crops of 112
    num_clips=10,
    average='prob',
    train_batch_size=32,
    batch_size=8,
    num_workers=8,
    amp=False,
)
_sgd = dict(type=SGD, lr=0.1, momentum=0.9, weight_decay=1e-3)
task_at = dict(
    smoke=dict(downstream=dict(folds=2)),
    mini=dict(downstream=dict(strengths=(1e-2, 1e-1, 1.0, 10.0, 100.0))),  # most choose 1 or more
    paper=dict(
        downstream=_online,
        optim_wrapper=dict(type=OptimWrapper, optimizer=_sgd),
        param_scheduler=[dict(type=MultiStepLR, by_epoch=True, milestones=[60, 80], gamma=0.1)],
        train_cfg=dict(max_epochs=100),
    ),
)
