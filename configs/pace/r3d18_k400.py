"""Pace, R3D-18, pretrained on Kinetics-400: 18 epochs, batch 16 in total (8 GPUs x 2)."""

from mmaction.datasets.transforms import RandomCrop
from mmengine.config import read_base
from torch.optim import SGD

from mlfo_mm.datasets.transforms import SamplePace
from mlfo_mm.models import ClipHead, PretextClassifier

with read_base():
    from ..backbones.r3d18 import *
    from ..profiles.paper import *
    from ..schedules.adam import *
    from ..views.mlfo import *

method, variant = 'pace', 'default'
pretrain_dataset = 'kinetics400'
normalize = dict(mean=[0.0, 0.0, 0.0], std=[1.0, 1.0, 1.0])
sampler = dict(type=SamplePace, clip_len='${clip_len}', paces=(1, 2, 3, 4), num_clips=2)
views.update(order=('decode', ('crop', 'flip', 'difference', 'jitter')), resize=None, gray=None)
views.decode.update(scale=(171, 128))
views.crop = dict(type=RandomCrop, size='${crop_size}')
views.jitter.update(brightness=0.8, contrast=0.8, saturation=0.8, hue=0.2, p=0.8)
model = dict(type=PretextClassifier, head=dict(type=ClipHead, tasks=dict(pace=4)))
train_dataloader.update(batch_size=2)
auto_scale_lr.update(base_batch_size=16)
optim_wrapper.optimizer = dict(type=SGD, lr=1e-3, momentum=0.9, weight_decay=5e-3)
param_scheduler[0].update(milestones=[6, 12])
train_cfg.update(max_epochs=18)
_epochs = dict(train_cfg=dict(max_epochs=90), param_scheduler={'-1': dict(milestones=[30, 60])})
# the released 18 epochs of a list that holds each UCF101 video 10 times show 180 clips a video
method_at = dict(ucf101=_epochs)
