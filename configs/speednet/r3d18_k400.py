"""SpeedNet, R3D-18, pretrained on Kinetics-400: 90 epochs, batch 32 in total (8 GPUs x 4)."""

from mmaction.datasets.transforms import RandomRescale
from mmengine.config import read_base

from mlfo_mm.datasets.transforms import SampleSpeeds
from mlfo_mm.models import ClipHead, PretextClassifier

with read_base():
    from ..backbones.r3d18 import *
    from ..profiles.paper import *
    from ..schedules.sgd_steps import *
    from ..views.mlfo import *

method, variant = 'speednet', 'default'
pretrain_dataset = 'kinetics400'
sampler = dict(type=SampleSpeeds, clip_len='${clip_len}', frame_interval=1)
views.update(order=('decode', ('crop', 'resize', 'flip', 'difference')), gray=None, jitter=None)
views.decode.update(scale=None)
views.crop = dict(type=RandomRescale, scale_range=(64, 336))  # of whole frames
_head = dict(type=ClipHead, tasks=dict(speed=1), pool='spatial_max')
model = dict(type=PretextClassifier, head=_head)
train_dataloader.update(batch_size=4)
train_cfg.update(max_epochs=90)
method_at = dict(small=dict(sampler=dict(frame_interval=2)))
