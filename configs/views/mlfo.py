"""MLFO's augmentation: each clip has its own crop and flip, each frame its own gray and colours.

``order`` says which steps a sample goes through; those in brackets are drawn for each clip alone.
``${name}`` stands for the config's value of that name.
"""

from mmaction.datasets.transforms import Flip, RandomResizedCrop, Resize

from mlfo_mm.datasets.transforms import (
    DecodeFrames,
    FrameDifference,
    PerFrameColorJitter,
    PerFrameGray,
)

views = dict(
    order=('decode', ('crop', 'resize', 'flip', 'difference', 'gray', 'jitter')),
    decode=dict(type=DecodeFrames, scale=(200, 150)),
    crop=dict(type=RandomResizedCrop, area_range=(0.5, 1.0), aspect_ratio_range=(3 / 4, 4 / 3)),
    resize=dict(type=Resize, scale=('${crop_size}', '${crop_size}'), keep_ratio=False),
    flip=dict(type=Flip, flip_ratio='${flip_ratio}'),
    difference=dict(type=FrameDifference),
    gray=dict(type=PerFrameGray, p=0.5),
    jitter=dict(type=PerFrameColorJitter, brightness=0.5, contrast=0.5, saturation=0.5, hue=0.25),
)
