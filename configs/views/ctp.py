"""One clip, scaled, cropped and coloured much as microsoft/CtP does."""

from mmaction.datasets.transforms import Flip, RandomCrop, Resize
from mmcv.transforms import RandomChoice

from mlfo_mm.datasets.transforms import DecodeFrames, FrameDifference, PerFrameColorJitter

_off = dict(type=PerFrameColorJitter, brightness=0, contrast=0, saturation=0, hue=0)
_off.update(p=0.2, per_frame=False)
views = dict(
    order=(
        'decode',
        'rescale',
        ('crop', 'flip', 'difference', 'brightness', 'contrast', 'colour'),
    ),
    decode=dict(type=DecodeFrames),
    rescale=dict(
        type=RandomChoice,
        transforms=[
            [dict(type=Resize, scale=scale, keep_ratio=False)]
            for scale in ((149, 112), (171, 128), (192, 144))
        ],
    ),
    crop=dict(type=RandomCrop, size='${crop_size}'),
    flip=dict(type=Flip, flip_ratio='${flip_ratio}'),
    difference=dict(type=FrameDifference),
    brightness=dict(_off, brightness=32 / 255),
    contrast=dict(_off, contrast=0.2),
    colour=dict(_off, saturation=0.1, hue=12 / 180),
)
