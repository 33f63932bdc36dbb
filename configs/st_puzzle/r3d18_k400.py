"""ST-Puzzle, R3D-18, pretrained on Kinetics-400: 90 epochs, batch 32 in total (8 GPUs x 4)."""

from mmaction.datasets.transforms import Flip, RandomCrop, Resize
from mmengine.config import read_base

from mlfo_mm.datasets.transforms import (
    CropPieces,
    DecodeFrames,
    FrameDifference,
    PerFrameGray,
    SamplePuzzle,
)
from mlfo_mm.models import PretextClassifier, TupleHead

with read_base():
    from ..backbones.r3d18 import *
    from ..profiles.paper import *
    from ..schedules.sgd_steps import *

method, variant = 'st_puzzle', 'default'
pretrain_dataset = 'kinetics400'
frame_interval = 1  # clips of consecutive frames, as in training
sampler = dict(type=SamplePuzzle, clip_len='${clip_len}', cell_len=32, spatial=0.5)
own_views = True
views = dict(
    # the volume is of all pieces; the channel is each one's own
    order=('decode', 'resize', 'volume', 'flip', 'pieces', ('difference', 'channel')),
    decode=dict(type=DecodeFrames),
    resize=dict(type=Resize, scale=(-1, '${crop_size*16/7}')),  # 256 for volumes of 224 x 224
    volume=dict(type=RandomCrop, size='${crop_size*2/1}'),
    flip=dict(type=Flip, flip_ratio='${flip_ratio}'),
    pieces=dict(type=CropPieces, size='${crop_size*5/7}'),  # 80 of the 112 of a cell
    difference=dict(type=FrameDifference),
    channel=dict(type=PerFrameGray, p=1.0, per_frame=False),
)
_head = dict(type=TupleHead, task='order', num_classes=24, num_clips=4)
_head.update(hidden_channels=512, dropout_ratio=0.5)
model = dict(type=PretextClassifier, head=_head)
train_dataloader.update(batch_size=4)
train_cfg.update(max_epochs=90)
method_at = dict(
    # as much narrower as the backbone; 4 cells of 12 frames, which the shortest digits have
    small=dict(sampler=dict(cell_len=12), model=dict(head=dict(hidden_channels=128))),
    smoke=dict(model=dict(head=dict(hidden_channels=32))),
)
