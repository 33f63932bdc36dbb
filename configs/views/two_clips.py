"""Two clips of a video, each augmented alike in all of its frames: CVRL's form of SimCLR's augmentation.

Methods on two clips are defined by what differs between them: a profile keeps these views.
"""

from mmaction.datasets.transforms import Flip, RandomResizedCrop, Resize

from mlfo_mm.datasets.transforms import (
    ClipGaussianBlur,
    ClipGray,
    DecodeFrames,
    FrameDifference,
    PerFrameColorJitter,
    SampleTwoClips,
)

sampler = dict(
    type=SampleTwoClips,
    clip_len='${clip_len}',
    frame_interval='${frame_interval}',
    mode='uniform',
)
own_views = True
views = dict(
    order=('decode', ('crop', 'resize', 'flip', 'difference', 'jitter', 'gray', 'blur')),
    decode=dict(type=DecodeFrames),
    crop=dict(type=RandomResizedCrop, area_range=(0.3, 1.0), aspect_ratio_range=(0.5, 2.0)),
    resize=dict(type=Resize, scale=('${crop_size}', '${crop_size}'), keep_ratio=False),
    flip=dict(type=Flip, flip_ratio='${flip_ratio}'),
    difference=dict(type=FrameDifference),
    jitter=dict(
        type=PerFrameColorJitter,
        brightness=0.8,
        contrast=0.8,
        saturation=0.8,
        hue=0.2,
        p=0.8,
        per_frame=False,
    ),
    gray=dict(type=ClipGray, p=0.2),
    blur=dict(type=ClipGaussianBlur, sigma=(0.1, 2.0), p=0.5),
)
