"""SpeedNet's 7-way variant, R3D-18, Kinetics-400: 90 epochs, batch 32 in total (8 GPUs x 4)."""

from mmaction.datasets.transforms import Resize
from mmengine.config import read_base

from mlfo_mm.datasets.transforms import SamplePace

with read_base():
    from ...mlfo.r3d18_k400 import *
    from ..._base_.datasets.ctp_views_112 import *  # isort: skip
    from ..._base_.models.speednet_ctp7 import *  # isort: skip
    from ..._base_.schedules.sgd_steps import *  # isort: skip

model = dict(_pretext, data_preprocessor=model.data_preprocessor, backbone=model.backbone)
train_pipeline[1] = dict(type=SamplePace, clip_len=clip_len, paces=(-4, -2, -1, 0, 1, 2, 4))
train_pipeline[2].pop('scale')
_views[0].update(transforms=[[dict(type=Resize, scale=(-1, side))] for side in (112, 128, 144)])
train_pipeline[3:4] = _views
train_dataloader.update(batch_size=4)
train_dataloader.dataset.update(pipeline=train_pipeline)
