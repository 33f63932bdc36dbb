"""SwAV on two clips, R3D-18, pretrained on Kinetics-400: 200 epochs, batch 256 in total (8 GPUs x 32)."""

from mmengine.config import read_base

from mlfo_mm.models import SwappedPredictionLoss, SwAV

with read_base():
    from ..backbones.r3d18 import *
    from ..profiles.paper import *
    from ..schedules.sgd_cosine import *
    from ..views.two_clips import *

method, variant = 'swav', 'default'
pretrain_dataset = 'kinetics400'
_loss = dict(
    type=SwappedPredictionLoss, temperature=0.1, loss_weight=0.5
)  # mean of both directions
# as many prototypes as in SlowFast's SwAV on Kinetics-400
_prototypes = dict(num_prototypes=1000, epsilon=0.05, num_iters=3, freeze_epochs=1, loss=_loss)
model = dict(
    type=SwAV, embedding_dim=128, queue_size=3840, queue_begin_epoch=15, prototypes=_prototypes
)
train_cfg.update(max_epochs=200)
optim_wrapper.optimizer.update(lr=0.05)  # LARS in the paper; SGD and its rate are a reconstruction
_smoke = dict(
    embedding_dim=16, queue_size=8, queue_begin_epoch=1, prototypes=dict(num_prototypes=8)
)
method_at = dict(
    ucf101=dict(model=dict(prototypes=dict(num_prototypes=300))),  # three a class
    smoke=dict(model=_smoke),
    demo=dict(model=dict(queue_size=128, queue_begin_epoch=2, prototypes=dict(num_prototypes=32))),
    mini=dict(model=dict(queue_size=256, queue_begin_epoch=2, prototypes=dict(num_prototypes=100))),
)
