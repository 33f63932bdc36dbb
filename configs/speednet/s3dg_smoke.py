"""SpeedNet on S3D-G in seconds, for tests."""

from mmengine.config import read_base

with read_base():
    from .r3d18_smoke import *
    from .._base_.backbones.s3dg import *  # isort: skip

_backbone.update(base_channels=4, conv1_stride_t=1)
model.backbone = _backbone
