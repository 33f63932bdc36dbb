"""Two clips of 8 frames at 64 x 64 from small videos: the mini profile.

As MLFO's views there: differences of frames, as in the mini sets a video is told by its background,
and no flips, as the sets hold mirror-image classes.
"""

from mmengine.config import read_base

from mlfo_mm.datasets.transforms import FrameDifference

with read_base():
    from .two_views_64 import *

short_side = 85
frame_difference = True
normalize = dict(mean=[0.0, 0.0, 0.0], std=[50.0, 50.0, 50.0])

train_pipeline[3].transforms[2] = dict(type=FrameDifference)  # in place of the flip
train_dataloader.dataset.update(dataset='utdrender27', pipeline=train_pipeline)
