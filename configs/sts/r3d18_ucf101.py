"""STS, R3D-18, pretrained on UCF101 (split 1): 180 epochs, batch 32 in total (8 GPUs x 4)."""

from mmaction.datasets.transforms import RandomCrop
from mmengine.config import read_base

from mlfo_mm.datasets.transforms import ClipStatistics, SampleClips
from mlfo_mm.models import PretextClassifier, RegressionHead

with read_base():
    from ..backbones.r3d18 import *
    from ..profiles.paper import *
    from ..schedules.sgd_steps import *
    from ..views.mlfo import *

method, variant = 'sts', 'default'
pretrain_dataset = 'ucf101'
frame_interval = 1  # clips of consecutive frames, as in training
normalize = dict(mean=[0.0, 0.0, 0.0], std=[1.0, 1.0, 1.0])
sampler = dict(type=SampleClips, clip_len='${clip_len}', num_clips=1)
sampler.update(frame_interval='${frame_interval}')
views.update(order=('decode', ('crop', 'flip', 'difference')), resize=None, gray=None, jitter=None)
views.decode.update(scale=(171, 128))
views.crop = dict(type=RandomCrop, size='${crop_size}')
pretext_step = dict(type=ClipStatistics, flow='dis', dominant='octants')
_head = dict(type=RegressionHead, tasks=dict(motion=14, appearance=13))
_head.update(weights=dict(motion=1.0, appearance=0.1))
model = dict(type=PretextClassifier, head=_head)
train_dataloader.update(batch_size=4)
optim_wrapper.update(clip_grad=None, paramwise_cfg=dict(custom_keys={'bias': dict(lr_mult=2)}))
optim_wrapper.optimizer.update(lr=5e-4, weight_decay=5e-3)
param_scheduler[0].update(milestones=[60, 120])
train_cfg.update(max_epochs=180)
method_at = dict(
    # colours are what is asked for, and must be alike from frame to frame
    small=dict(sampler=dict(num_clips=2), views=dict(gray=None, jitter=None)),
    demo=dict(sampler=dict(num_clips=1)),  # two clips take most of a step for their flow
)
