"""CoCLR on RGB and differences, R3D-18, Kinetics-400: 300 and 50 epochs, batch 128 in total (8 GPUs x 16)."""

from mmengine.config import read_base
from mmengine.optim import MultiStepLR

from mlfo_mm.datasets.transforms import LabelSource
from mlfo_mm.models import CoCLR, MultiNCELoss

with read_base():
    from ..backbones.r3d18 import *
    from ..profiles.paper import *
    from ..schedules.adam import *
    from ..views.two_clips import *

method, variant = 'coclr', 'default'
pretrain_dataset = 'kinetics400'
pretext_step = dict(type=LabelSource)
model = dict(type=CoCLR, contrast=dict(type=MultiNCELoss, temperature=0.07))
model.update(projection=dict(num_layers=2, batch_norm=False, out_channels=128))
model.update(queue_size=16384, momentum=0.999, topk=5, first_stage=6 / 7, cycles=1)
train_dataloader.update(batch_size=16)
auto_scale_lr.update(base_batch_size=128)
train_cfg.update(max_epochs=350)
_steps = dict(type=MultiStepLR, by_epoch=True)
_fall, _rise = (
    dict(_steps, gamma=0.1),
    dict(_steps, gamma=100.0),
)  # a turn begins with the full rate
param_scheduler = [dict(_fall, milestones=[250, 280, 340]), dict(_rise, milestones=[300])]
_ucf101 = [dict(_fall, milestones=[250, 280, 380, 480, 580]), dict(_rise, milestones=[300])]
_ucf101 += [dict(_steps, milestones=[400, 500], gamma=10.0)]
# 300 epochs alone, then RGB, differences and RGB for 100 each
_turns = dict(model=dict(queue_size=2048, first_stage=0.5, cycles=2), param_scheduler=_ucf101)
_batch = dict(train_dataloader=dict(batch_size=8), auto_scale_lr=dict(base_batch_size=64))
_batch.update(train_cfg=dict(max_epochs=600))
method_at = dict(
    ucf101=dict(_batch, **_turns),
    small=dict(model=dict(queue_size=256, first_stage=0.5, cycles=2)),
    smoke=dict(model=dict(queue_size=8, topk=2, projection=dict(out_channels=16))),
)
