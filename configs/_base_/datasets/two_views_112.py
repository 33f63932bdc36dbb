"""Two 16-frame clips of a video at 112 x 112, each augmented alike in all of its frames.

Crop, flip, jitter, gray and blur of CVRL (SimCLR's, with one draw for a clip).
"""

from mmaction.datasets.transforms import (
    Flip,
    FormatShape,
    PackActionInputs,
    RandomResizedCrop,
    Resize,
)
from mmengine.dataset import DefaultSampler

from mlfo_mm.datasets import VideoListDataset
from mlfo_mm.datasets.transforms import (
    ClipGaussianBlur,
    ClipGray,
    DecodeFrames,
    OpenVideo,
    PerClip,
    PerFrameColorJitter,
    SampleTwoClips,
)

clip_len = 16
crop_size = 112
short_side = 128
eval_frame_interval = 2

train_pipeline = [
    dict(type=OpenVideo),
    dict(type=SampleTwoClips, clip_len=clip_len, frame_interval=2, mode='uniform'),
    dict(type=DecodeFrames),
    dict(
        type=PerClip,
        transforms=[
            dict(type=RandomResizedCrop, area_range=(0.3, 1.0), aspect_ratio_range=(0.5, 2.0)),
            dict(type=Resize, scale=(crop_size, crop_size), keep_ratio=False),
            dict(type=Flip, flip_ratio=0.5),
            dict(
                type=PerFrameColorJitter,
                brightness=0.8,
                contrast=0.8,
                saturation=0.8,
                hue=0.2,
                p=0.8,
                per_frame=False,
            ),
            dict(type=ClipGray, p=0.2),
            dict(type=ClipGaussianBlur, sigma=(0.1, 2.0), p=0.5),
        ],
    ),
    dict(type=FormatShape, input_format='NCTHW'),
    dict(type=PackActionInputs),
]
train_dataloader = dict(
    batch_size=32,
    num_workers=8,
    persistent_workers=True,
    pin_memory=True,
    drop_last=True,
    sampler=dict(type=DefaultSampler, shuffle=True),
    dataset=dict(type=VideoListDataset, dataset='ucf101', subset='train', pipeline=train_pipeline),
)
