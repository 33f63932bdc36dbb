"""RSPNet, R3D-18, pretrained on Kinetics-400: 200 epochs, batch 256 in total (8 GPUs x 32)."""

from mmengine.config import read_base

from mlfo_mm.datasets.transforms import SampleRelativeSpeeds
from mlfo_mm.models import InfoNCELoss, MarginRankingLoss, RSPNet

with read_base():
    from ..backbones.r3d18 import *
    from ..profiles.paper import *
    from ..schedules.sgd_cosine import *
    from ..views.two_clips import *

method, variant = 'rspnet', 'default'
pretrain_dataset = 'kinetics400'
# at half of evaluation's distance of frames, and at that
sampler = dict(type=SampleRelativeSpeeds, clip_len='${clip_len}', speeds=(1, 2))
sampler.update(frame_interval='${frame_interval*1/2}')
_steps = ('crop', 'resize', 'gray', 'jitter', 'flip', 'difference')
views.update(order=('decode', _steps), blur=None)
views.crop.update(area_range=(0.4, 1.0), aspect_ratio_range=(3 / 4, 4 / 3))
views.jitter.update(brightness=0.4, contrast=0.4, saturation=0.4, hue=0.4, p=1.0)
model = dict(
    type=RSPNet,
    projection=dict(num_layers=1, out_channels=128),
    contrast=dict(type=InfoNCELoss, temperature=0.07),
    ranking=dict(type=MarginRankingLoss, temperature=0.07, margin=2.0),
    queue_size=16384,
    momentum=0.999,
)
train_cfg.update(max_epochs=200)
optim_wrapper.optimizer.update(lr=0.4)  # 0.1 for each 64 of the batch
param_scheduler = [dict(param_scheduler[1], begin=0, eta_min_ratio=1e-3)]  # no warm-up
method_at = dict(
    ucf101=dict(model=dict(queue_size=2048)),  # of 9,537 videos, as MoCo's here
    small=dict(model=dict(queue_size=256)),  # fewer than there are videos
    smoke=dict(model=dict(queue_size=10, projection=dict(out_channels=16))),
)
