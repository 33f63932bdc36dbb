"""Views of 8 frames at twice the paper's stride and 64 x 64, from small videos: the mini profile.

Each clip spans as much time as the paper's 16 frames, and shows differences of frames: in the mini
sets a video is told by its background, which says nothing about its class. No horizontal flips:
the sets hold mirror-image classes.
"""

from mmaction.datasets.transforms import FormatShape, PackActionInputs, RandomResizedCrop, Resize
from mmengine.dataset import DefaultSampler

from mlfo_mm.datasets import VideoListDataset
from mlfo_mm.datasets.transforms import (
    DecodeFrames,
    FrameDifference,
    OpenVideo,
    PerClip,
    PerFrameColorJitter,
    PerFrameGray,
    SampleMLFOClips,
)

clip_len = 8
crop_size = 64
short_side = 85
eval_frame_interval = 4
frame_difference = True
normalize = dict(mean=[0.0, 0.0, 0.0], std=[50.0, 50.0, 50.0])

train_pipeline = [
    dict(type=OpenVideo),
    dict(type=SampleMLFOClips, clip_len=clip_len, max_rate=6.0, long_view='strided'),
    dict(type=DecodeFrames),
    dict(
        type=PerClip,
        transforms=[
            dict(type=RandomResizedCrop, area_range=(0.5, 1.0), aspect_ratio_range=(3 / 4, 4 / 3)),
            dict(type=Resize, scale=(crop_size, crop_size), keep_ratio=False),
            dict(type=FrameDifference),
            dict(type=PerFrameGray, p=0.5),
            dict(type=PerFrameColorJitter, brightness=0.5, contrast=0.5, saturation=0.5, hue=0.25),
        ],
    ),
    dict(type=FormatShape, input_format='NCTHW'),
    dict(type=PackActionInputs),
]
train_dataloader = dict(
    batch_size=32,
    num_workers=1,
    persistent_workers=True,
    drop_last=True,
    sampler=dict(type=DefaultSampler, shuffle=True),
    dataset=dict(
        type=VideoListDataset, dataset='utdrender27', subset='train', pipeline=train_pipeline
    ),
)
