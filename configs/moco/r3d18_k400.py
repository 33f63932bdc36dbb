"""MoCo v2, R3D-18, pretrained on Kinetics-400: 200 epochs, batch 256 in total (8 GPUs x 32)."""

from mmengine.config import read_base

from mlfo_mm.models import InfoNCELoss, MoCo

with read_base():
    from ..backbones.r3d18 import *
    from ..profiles.paper import *
    from ..schedules.sgd_cosine import *
    from ..views.two_clips import *

method, variant = 'moco', 'default'
pretrain_dataset = 'kinetics400'
model = dict(  # v2, as in CtP's MoCo on the same backbone
    type=MoCo,
    projection=dict(num_layers=2, batch_norm=False, out_channels=128),
    contrast=dict(type=InfoNCELoss, temperature=0.2),
    queue_size=65536,
    momentum=0.999,
)
train_cfg.update(max_epochs=200)
param_scheduler = [dict(param_scheduler[1], begin=0)]  # no warm-up
method_at = dict(
    ucf101=dict(model=dict(queue_size=2048)),  # of 9,537 videos, as in CoCLR's InfoNCE
    small=dict(model=dict(queue_size=256)),  # fewer than there are videos
    mini=dict(optim_wrapper=dict(optimizer=dict(lr=2e-3))),  # as the pilot chose
    smoke=dict(model=dict(queue_size=10, projection=dict(out_channels=16))),
)
