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
model = dict(
    type=CoCLR,
    projection=dict(num_layers=2, batch_norm=False, out_channels=128),
    contrast=dict(type=MultiNCELoss, temperature=0.07),
    queue_size=16384,
    momentum=0.999,
    topk=5,
    first_stage=6 / 7,
    cycles=1,
)
train_dataloader.update(batch_size=16)
auto_scale_lr.update(base_batch_size=128)
train_cfg.update(max_epochs=350)
_steps = dict(type=MultiStepLR, by_epoch=True)
# a turn begins with the full rate
param_scheduler = [
    dict(_steps, milestones=[250, 280, 340], gamma=0.1),
    dict(_steps, milestones=[300], gamma=100.0),
]
method_at = dict(
    ucf101=dict(  # 300 epochs alone, then RGB, differences and RGB for 100 each
        model=dict(queue_size=2048, first_stage=0.5, cycles=2),
        train_dataloader=dict(batch_size=8),
        auto_scale_lr=dict(base_batch_size=64),
        train_cfg=dict(max_epochs=600),
        param_scheduler=[
            dict(_steps, milestones=[250, 280, 380, 480, 580], gamma=0.1),
            dict(_steps, milestones=[300], gamma=100.0),
            dict(_steps, milestones=[400, 500], gamma=10.0),
        ],
    ),
    small=dict(model=dict(queue_size=256, first_stage=0.5, cycles=2)),
    smoke=dict(model=dict(queue_size=8, topk=2, projection=dict(out_channels=16))),
)
