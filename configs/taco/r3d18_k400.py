"""TaCo, R3D-18, pretrained on Kinetics-400: 200 epochs, batch 256 in total (8 GPUs x 32)."""

from mmengine.config import read_base

from mlfo_mm.datasets.transforms import RotateClips, SampleTemporalTasks
from mlfo_mm.models import ClipHead, NTXentLoss, PretextClassifier, ProjectionMLP

with read_base():
    from ..backbones.r3d18 import *
    from ..profiles.paper import *
    from ..schedules.sgd_cosine import *
    from ..views.two_clips import *

method, variant = 'taco', 'default'
pretrain_dataset = 'kinetics400'
sampler = dict(
    type=SampleTemporalTasks,
    clip_len='${clip_len}',
    frame_interval='${frame_interval}',
    paces=(1, 2, 4),
    num_pieces=4,
)
pretext_step = dict(type=RotateClips, beside=True)
model = dict(
    type=PretextClassifier,
    head=dict(type=ClipHead, tasks=dict(speed=3, reverse=2, shuffle=2, rotation=4)),
    contrast=dict(type=NTXentLoss, temperature=0.1),
    projection=dict(type=ProjectionMLP, out_channels=128),
)
train_cfg.update(max_epochs=200)
