"""TempTrans, R3D-18, pretrained on Kinetics-400: 90 epochs, batch 16 in total (8 GPUs x 2)."""

from mmaction.datasets.transforms import RandomCrop
from mmengine.config import read_base
from mmengine.optim import CosineAnnealingLR, OptimWrapper
from torch.optim import AdamW

from mlfo_mm.datasets.transforms import SampleTemporalTransforms
from mlfo_mm.models import ClipHead, PretextClassifier

with read_base():
    from ..backbones.r3d18 import *
    from ..profiles.paper import *
    from ..schedules.adam import *
    from ..views.mlfo import *

method, variant = 'temptrans', 'default'
pretrain_dataset = 'kinetics400'
normalize = dict(mean=[127.5, 127.5, 127.5], std=[127.5, 127.5, 127.5])
sampler = dict(type=SampleTemporalTransforms, clip_len='${clip_len}', max_speed=3)
views.update(order=('decode', ('crop', 'flip', 'difference', 'jitter', 'gray')), resize=None)
views.decode.update(scale=(171, 128))
views.crop = dict(type=RandomCrop, size='${crop_size}')
views.jitter.update(brightness=32 / 255, contrast=0, saturation=0.5, hue=0)
views.gray.update(p=0.2)
_head = dict(type=ClipHead, tasks=dict(transformation=4, speed=4))
model = dict(type=PretextClassifier, head=_head)
train_dataloader.update(batch_size=2)
auto_scale_lr.update(base_batch_size=16)
_rate = 3e-4
optim_wrapper = dict(
    type=OptimWrapper,
    # the authors' optimiser takes 1e-4 of a weight off in each step, PyTorch's AdamW lr * weight_decay
    optimizer=dict(type=AdamW, lr=_rate, betas=(0.9, 0.99), weight_decay=1e-4 / _rate),
    paramwise_cfg=dict(norm_decay_mult=0, bias_decay_mult=0),
)
param_scheduler = [dict(type=CosineAnnealingLR, by_epoch=True, T_max=90, eta_min_ratio=1e-3)]
train_cfg.update(max_epochs=90)
schedule_at = dict(
    ucf101=dict(train_cfg=dict(max_epochs=200), param_scheduler={'-1': dict(T_max=200)})
)
