"""TCLR, R3D-18, pretrained on UCF101 (split 1): 400 epochs, batch 40 in total (8 GPUs x 5)."""

from mmengine.config import read_base
from mmengine.optim import LinearLR, MultiStepLR

from mlfo_mm.models import TCLR, NTXentLoss, TemporalContrastLoss, TimestampRetrievalLoss

with read_base():
    from ..backbones.r3d18 import *
    from ..profiles.paper import *
    from ..schedules.adam import *
    from ..views.tclr import *

method, variant = 'tclr', 'default'
pretrain_dataset = 'ucf101'
normalize = dict(mean=[0.0, 0.0, 0.0], std=[255.0, 255.0, 255.0])
backbone.update(temporal_strides=(1, 2, 2, 1))  # a step for each of the 4 short clips
# means here; the weights make them the sums of the released code: of 56 ordered pairs over 4, of a
# batch of 40 videos, of 4 steps and 4 pairs of views
_nce, _step = dict(type=NTXentLoss, temperature=0.1), dict(temperature=0.1)
model = dict(type=TCLR, projection=dict(num_layers=2, hidden_channels=512, out_channels=128))
model.update(global_instance=_nce, local_instance=dict(_nce, loss_weight=14.0))
model.update(local_local=dict(_step, type=TemporalContrastLoss, loss_weight=40.0))
_retrieval = dict(_step, type=TimestampRetrievalLoss, symmetric=True, loss_weight=16.0)
model.update(global_local=_retrieval)
train_dataloader.update(batch_size=5)
auto_scale_lr.update(base_batch_size=40)
optim_wrapper.optimizer.update(weight_decay=1e-9)
param_scheduler = [dict(type=LinearLR, start_factor=0.01, by_epoch=True, end=5)]
_decay = dict(type=MultiStepLR, by_epoch=True, begin=5, gamma=0.1)
param_scheduler += [dict(_decay, end=400, milestones=[200, 300])]
train_cfg.update(max_epochs=400)
_k400 = {'-1': dict(end=100, milestones=[50, 75])}
# two short clips: backbones have two steps for 8 frames
_two = dict(local_instance=dict(loss_weight=3.0), global_local=dict(loss_weight=8.0))
method_at = dict(
    k400=dict(train_cfg=dict(max_epochs=100), param_scheduler=_k400),
    small=dict(sampler=dict(num_local=2), model=dict(_two, projection=dict(hidden_channels=128))),
    demo=dict(model=dict(step_level=1)),  # its R3D-18 has one step in the last level
    smoke=dict(model=dict(projection=dict(hidden_channels=16, out_channels=16))),
)
