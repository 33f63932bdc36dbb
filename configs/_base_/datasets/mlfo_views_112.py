"""Two 16-frame clips and the strided long clip at 112 x 112, augmented as the released code does."""

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
    DecodeFrames,
    OpenVideo,
    PerClip,
    PerFrameColorJitter,
    PerFrameGray,
    SampleMLFOClips,
)

clip_len = 16
crop_size = 112
short_side = 128
eval_frame_interval = 2

train_pipeline = [
    dict(type=OpenVideo),
    dict(type=SampleMLFOClips, clip_len=clip_len, max_rate=3.0, long_view='strided'),
    dict(type=DecodeFrames, scale=(200, 150)),
    dict(
        type=PerClip,
        transforms=[
            dict(type=RandomResizedCrop, area_range=(0.5, 1.0), aspect_ratio_range=(3 / 4, 4 / 3)),
            dict(type=Resize, scale=(crop_size, crop_size), keep_ratio=False),
            dict(type=Flip, flip_ratio=0.5),
            dict(type=PerFrameGray, p=0.5),
            dict(type=PerFrameColorJitter, brightness=0.5, contrast=0.5, saturation=0.5, hue=0.25),
        ],
    ),
    dict(type=FormatShape, input_format='NCTHW'),
    dict(type=PackActionInputs),
]
train_dataloader = dict(
    batch_size=64,
    num_workers=8,
    persistent_workers=True,
    pin_memory=True,
    drop_last=True,
    sampler=dict(type=DefaultSampler, shuffle=True),
    dataset=dict(type=VideoListDataset, dataset='ucf101', subset='train', pipeline=train_pipeline),
)
