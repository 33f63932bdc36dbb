"""Data sets and pipeline steps.

The steps and data sets need torch and MMAction2; the modules on lists and files do not, and the
tools that only use those leave the rest out with ``MLFO_MM_NO_REGISTER=1``.
"""

import os

if os.environ.get('MLFO_MM_NO_REGISTER') != '1':
    from .transforms import (
        ClipGaussianBlur,
        ClipGray,
        DecodeFrames,
        FrameDifference,
        OpenVideo,
        PerClip,
        PerFrameColorJitter,
        PerFrameGray,
        RotateClips,
        SampleBlocks,
        SampleClipOrder,
        SampleMLFOClips,
        SamplePace,
        SampleSpeeds,
        SampleTemporalTransforms,
        SampleTwoClips,
        VideoError,
    )
    from .video_list import VideoListDataset, skip_collate
