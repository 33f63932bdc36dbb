"""VCOP, R3D-18, pretrained on UCF101 (split 1): 300 epochs, batch 8 in total (8 GPUs x 1)."""

from mmaction.datasets.transforms import RandomCrop
from mmengine.config import read_base

from mlfo_mm.datasets.transforms import SampleClipOrder
from mlfo_mm.models import OrderHead, PretextClassifier

with read_base():
    from ..backbones.r3d18 import *
    from ..profiles.paper import *
    from ..schedules.sgd_steps import *
    from ..views.mlfo import *

method, variant = 'vcop', 'default'
pretrain_dataset = 'ucf101'
frame_interval = 1  # clips of consecutive frames, as in training
normalize = dict(mean=[0.0, 0.0, 0.0], std=[255.0, 255.0, 255.0])
sampler = dict(type=SampleClipOrder, clip_len='${clip_len}', num_clips=3, gap=8)
views.update(
    order=('decode', ('crop', 'difference')), resize=None, flip=None, gray=None, jitter=None
)
views.decode.update(scale=(171, 128))
views.crop = dict(type=RandomCrop, size='${crop_size}')
_head = dict(type=OrderHead, num_clips=3, hidden_channels=512, dropout_ratio=0.5)
model = dict(type=PretextClassifier, head=_head)
train_dataloader.update(batch_size=1)
auto_scale_lr.update(base_batch_size=8)
optim_wrapper.update(clip_grad=None)
optim_wrapper.optimizer.update(lr=1e-3, weight_decay=5e-4)
param_scheduler = []
train_cfg.update(max_epochs=300)
