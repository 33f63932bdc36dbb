"""RotNet, R3D-18, pretrained on Kinetics-400: 90 epochs, batch 32 in total (8 GPUs x 4)."""

from mmengine.config import read_base

from mlfo_mm.datasets.transforms import RotateClips, SamplePace
from mlfo_mm.models import ClipHead, PretextClassifier

with read_base():
    from ..backbones.r3d18 import *
    from ..profiles.paper import *
    from ..schedules.sgd_steps import *
    from ..views.ctp import *

method, variant = 'rotnet3d', 'default'
pretrain_dataset = 'kinetics400'
sampler = dict(type=SamplePace, clip_len='${clip_len}', paces=(1, 2, 3, 4, 5))
pretext_step = dict(type=RotateClips)
model = dict(
    type=PretextClassifier,
    head=dict(
        type=ClipHead,
        tasks=dict(rotation=4),
        dropout_ratio=0.5,
        init_cfg=dict(type='Normal', layer='Linear', std=0.001),
    ),
)
train_dataloader.update(batch_size=4)
train_cfg.update(max_epochs=90)
method_at = dict(small=dict(sampler=dict(num_clips=2)))
