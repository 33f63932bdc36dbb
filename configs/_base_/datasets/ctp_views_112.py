"""One 112 x 112 clip, scaled, cropped and coloured much as microsoft/CtP does; samplers are the methods'."""

from mmaction.datasets.transforms import Flip, RandomCrop, Resize
from mmcv.transforms import RandomChoice

from mlfo_mm.datasets.transforms import PerClip, PerFrameColorJitter

_off = dict(type=PerFrameColorJitter, brightness=0, contrast=0, saturation=0, hue=0)
_off.update(p=0.2, per_frame=False)
_views = [
    dict(
        type=RandomChoice,
        transforms=[
            [dict(type=Resize, scale=scale, keep_ratio=False)]
            for scale in ((149, 112), (171, 128), (192, 144))
        ],
    ),
    dict(
        type=PerClip,
        transforms=[
            dict(type=RandomCrop, size=112),
            dict(type=Flip, flip_ratio=0.5),
            dict(_off, brightness=32 / 255),
            dict(_off, contrast=0.2),
            dict(_off, saturation=0.1, hue=12 / 180),
        ],
    ),
]
