"""PRP, R3D-18, pretrained on UCF101 (split 1): 300 epochs, batch 8 in total (8 GPUs x 1)."""

from mmaction.datasets.transforms import CenterCrop
from mmengine.config import read_base

from mlfo_mm.datasets.transforms import SamplePlayback
from mlfo_mm.models import PRP, ClipHead, ReconstructionLoss, VideoDecoder

with read_base():
    from ..backbones.r3d18 import *
    from ..profiles.paper import *
    from ..schedules.sgd_steps import *
    from ..views.mlfo import *

method, variant = 'prp', 'default'
pretrain_dataset = 'ucf101'
normalize = dict(mean=[0.0, 0.0, 0.0], std=[255.0, 255.0, 255.0])
_rates, _few = (1, 2, 4, 8), (1, 2, 4)  # 8 frames at rate 8 are more than most small videos have
sampler = dict(type=SamplePlayback, clip_len='${clip_len}', rates=_rates, shared_crop=True)
_plain = dict(gray=None, jitter=None)
views.update(_plain, order=('decode', ('crop', 'difference')), resize=None, flip=None)
views.decode.update(scale=(171, 128))
views.crop = dict(type=CenterCrop, crop_size='${crop_size}')
model = dict(type=PRP, head=dict(type=ClipHead, tasks=dict(rate=4)), head_weight=0.1)
model.update(decoder=dict(type=VideoDecoder, channels=(512, 256, 128, 64), rectify=True))
model.update(reconstruction=dict(type=ReconstructionLoss, rates=_rates, low=0.8, high=2.0))
train_dataloader.update(batch_size=1)
auto_scale_lr.update(base_batch_size=8)
optim_wrapper.update(clip_grad=None, paramwise_cfg=dict(custom_keys={'head.fc': dict(lr_mult=10)}))
optim_wrapper.optimizer.update(lr=0.01, weight_decay=5e-4)
param_scheduler = []
train_cfg.update(max_epochs=300)
# pixels are normalised, and must be alike from frame to frame; 8 frames leave 2 steps of 16
_decoder = dict(channels=(32, 16, 8, 8), time_strides=(1, 2, 2, 2), rectify=False)
_model = dict(head=dict(tasks=dict(rate=3)), decoder=_decoder, reconstruction=dict(rates=_few))
method_at = dict(
    small=dict(sampler=dict(rates=_few), views=_plain, model=_model),
    # a backbone whose last map has 1 step
    demo=dict(model=dict(decoder=dict(time_strides=(2, 2, 2, 2)))),
)
