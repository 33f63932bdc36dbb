"""PCL, R3D-18, pretrained on Kinetics-400: 200 epochs, batch 256 in total (8 GPUs x 32)."""

from mmengine.config import read_base

from mlfo_mm.datasets.transforms import LabelByPlace
from mlfo_mm.models import PCL, InfoNCELoss, PrototypeContrastLoss

with read_base():
    from ..backbones.r3d18 import *
    from ..profiles.paper import *
    from ..schedules.sgd_cosine import *
    from ..views.two_clips import *

method, variant = 'pcl', 'default'
pretrain_dataset = 'kinetics400'
pretext_step = dict(type=LabelByPlace)
model = dict(
    type=PCL,
    projection=dict(num_layers=2, batch_norm=False, out_channels=128),
    contrast=dict(type=InfoNCELoss, temperature=0.2),
    prototypes=dict(type=PrototypeContrastLoss),
    num_clusters=(4700, 9400, 18800),  # v2; videos a cluster as the paper's images: 51, 26 and 13
)
model.update(bank_size=250_000, num_negatives=16384, warmup_epochs=20, temperature=0.2)
model.update(queue_size=16384, momentum=0.999)
train_cfg.update(max_epochs=200)
param_scheduler = [dict(param_scheduler[1], begin=0)]  # no warm-up of the rate
_ucf101 = dict(num_clusters=(190, 370, 740), bank_size=10_000, warmup_epochs=30)
_small = dict(num_clusters=(8, 16, 32), bank_size=10_000, warmup_epochs=1, queue_size=256)
_smoke = dict(num_clusters=(2, 4), bank_size=64, queue_size=10, projection=dict(out_channels=16))
method_at = dict(
    ucf101=dict(model=dict(_ucf101, queue_size=2048)),  # of 9,537 videos; the queue is MoCo's there
    small=dict(model=_small),  # in about the same share of the epochs
    smoke=dict(model=_smoke),
)
