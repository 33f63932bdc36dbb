"""VCP, R3D-18, pretrained on UCF101 (split 1): 200 epochs, batch 8 in total (8 GPUs x 1)."""

from mmaction.datasets.transforms import RandomCrop
from mmengine.config import read_base

from mlfo_mm.datasets.transforms import AlterBlank, SampleCloze
from mlfo_mm.models import PretextClassifier, TupleHead

with read_base():
    from ..backbones.r3d18 import *
    from ..profiles.paper import *
    from ..schedules.sgd_steps import *
    from ..views.mlfo import *

method, variant = 'vcp', 'default'
pretrain_dataset = 'ucf101'
frame_interval = 1  # clips of consecutive frames, as in training
normalize = dict(mean=[0.0, 0.0, 0.0], std=[255.0, 255.0, 255.0])
sampler = dict(type=SampleCloze, clip_len='${clip_len}', gap=8, distance=16)
views.update(
    order=('decode', ('crop', 'difference')), resize=None, flip=None, gray=None, jitter=None
)
views.decode.update(scale=(171, 128))
views.crop = dict(type=RandomCrop, size='${crop_size}')
pretext_step = dict(type=AlterBlank)
_head = dict(type=TupleHead, task='operation', num_classes=5, num_clips=3)
# two of the five change the picture of one frame; three are told by time alone
_head.update(shortcut='single frames', left=3 ** (3 / 5))
model = dict(type=PretextClassifier, head=_head)
train_dataloader.update(batch_size=1)
auto_scale_lr.update(base_batch_size=8)
optim_wrapper.update(clip_grad=None)
optim_wrapper.optimizer.update(lr=0.01, weight_decay=5e-4)
param_scheduler = []
train_cfg.update(max_epochs=200)
method_at = dict(
    # 8 frames, 2 apart, no gap: 48 frames, the shortest of the digits, have no room for a remote clip
    small=dict(sampler=dict(gap=2, distance=8)),
)
