"""DSM, R3D-18, pretrained on Kinetics-400: 200 epochs, batch 256 in total (8 GPUs x 32)."""

from mmaction.datasets.transforms import RandomCrop, Resize
from mmengine.config import read_base

from mlfo_mm.datasets.transforms import ClipTurn, SampleTwoSegments
from mlfo_mm.models import DSM, InfoNCELoss

with read_base():
    from ..backbones.r3d18 import *
    from ..profiles.paper import *
    from ..schedules.sgd_steps import *
    from ..views.mlfo import *

method, variant = 'dsm', 'default'
pretrain_dataset = 'kinetics400'
frame_interval = 4
sampler = dict(type=SampleTwoSegments, clip_len='${clip_len}', frame_interval='${frame_interval}')
views.update(order=('decode', 'scale', ('turn', 'crop', 'difference', 'jitter')))
views.update(decode=dict(views.decode, scale=None), resize=None, flip=None, gray=None)
views.scale = dict(type=Resize, scale=(-1, '${short_side}'))
views.turn = dict(type=ClipTurn, degrees=10)
views.crop = dict(type=RandomCrop, size='${crop_size}')
views.jitter.update(saturation=0.25, hue=0.5, per_frame=False)
model = dict(type=DSM, projection=dict(num_layers=1, out_channels=128), queue_size=3569)
model.update(contrast=dict(type=InfoNCELoss, temperature=0.07), momentum=0.999, num_warps=3)
auto_scale_lr.update(base_batch_size=256)
optim_wrapper.update(clip_grad=None)
optim_wrapper.optimizer.update(lr=3e-3)
param_scheduler[0].update(milestones=[120, 160])
train_cfg.update(max_epochs=200)
_batch = dict(train_dataloader=dict(batch_size=16), auto_scale_lr=dict(base_batch_size=128))
_steps = {'-1': dict(milestones=[120, 160, 200])}
method_at = dict(
    ucf101=dict(_batch, train_cfg=dict(max_epochs=240), param_scheduler=_steps),
    small=dict(model=dict(queue_size=256)),  # fewer than there are videos
    smoke=dict(model=dict(queue_size=10, projection=dict(out_channels=16))),
)
