"""A small data set of its own: what it is made of, and how it is read."""

from mmaction.datasets.transforms import FormatShape, PackActionInputs

from mlfo_mm.datasets import DecodeFrames, OpenVideo, SampleMLFOClips

LENGTHS = [24, 20, 40, 3, 8, 64, 16, 30]
READ = [
    dict(type=OpenVideo),
    dict(type=SampleMLFOClips, clip_len=4),
    dict(type=DecodeFrames),
]
PACK = [
    dict(type=FormatShape, input_format='NCTHW'),
    dict(type=PackActionInputs, meta_keys=('sample_idx', 'filename', 'frame_inds', 'decoder')),
]
