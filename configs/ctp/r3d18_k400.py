"""CtP, R3D-18, pretrained on Kinetics-400: 90 epochs, batch 32 in total (8 GPUs x 4)."""

from mmengine.config import read_base

from mlfo_mm.datasets.transforms import PastePatches, SamplePace
from mlfo_mm.models import CtP, TrajectoryHead, TrajectoryLoss

with read_base():
    from ..backbones.r3d18 import *
    from ..profiles.paper import *
    from ..schedules.sgd_steps import *
    from ..views.ctp import *

method, variant = 'ctp', 'default'
pretrain_dataset = 'kinetics400'
sampler = dict(type=SamplePace, clip_len='${clip_len}', paces=(1, 2, 3, 4, 5))
views.colour.update(p=0.25)
views.brightness.update(p=0.5, brightness=30 / 255)
views.contrast.update(p=0.5, contrast=0.12)
pretext_step = dict(type=PastePatches)
backbone.update(with_pool1=False, spatial_strides=(1, 2, 2, 1))  # maps of 14 x 14
model = dict(
    type=CtP,
    head=dict(type=TrajectoryHead, clip_len=16, hidden_channels=512, roi_size=5),
    trajectory=dict(type=TrajectoryLoss),
    levels=(-1,),
)
train_dataloader.update(batch_size=4)
train_cfg.update(max_epochs=90)
method_at = dict(
    # the last maps have one position: the lower levels show places too
    small=dict(
        sampler=dict(num_clips=2),
        model=dict(levels=(0, 1, 2), head=dict(clip_len=8, hidden_channels=128)),
    ),
    smoke=dict(model=dict(head=dict(hidden_channels=32, init_std=0.02))),
)
