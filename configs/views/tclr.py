"""TCLR's clips of a video: long ones, and short ones within; each augmented alike in all of its frames."""

from mmaction.datasets.transforms import Flip, RandomResizedCrop, Resize

from mlfo_mm.datasets.transforms import (
    ClipGray,
    DecodeFrames,
    FrameDifference,
    PerFrameColorJitter,
    SampleGlobalLocal,
)

sampler = dict(type=SampleGlobalLocal, clip_len='${clip_len}', frame_interval=4, num_local=4)
own_views = True
_jitter = dict(type=PerFrameColorJitter, brightness=0, contrast=0, saturation=0, hue=0)
_jitter.update(p=0.3, per_frame=False)
_steps = (
    'crop',
    'resize',
    'flip',
    'difference',
    'contrast',
    'hue',
    'saturation',
    'brightness',
    'gray',
)
views = dict(
    order=('decode', _steps),
    decode=dict(type=DecodeFrames),
    # a square whose side is 0.6 to 1 of the height, of a frame of 4:3
    crop=dict(type=RandomResizedCrop, area_range=(0.27, 0.75), aspect_ratio_range=(1.0, 1.0)),
    resize=dict(type=Resize, scale=('${crop_size}', '${crop_size}'), keep_ratio=False),
    flip=dict(type=Flip, flip_ratio='${flip_ratio}'),
    difference=dict(type=FrameDifference),
    contrast=dict(_jitter, contrast=0.25, p=0.25),
    hue=dict(_jitter, hue=0.1),
    saturation=dict(_jitter, saturation=0.25),
    brightness=dict(_jitter, brightness=0.25),
    gray=dict(type=ClipGray, p=0.175),
)
