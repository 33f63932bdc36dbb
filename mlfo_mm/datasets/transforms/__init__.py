"""Pipeline steps: opening and decoding, sampling, per-view and per-frame augmentation."""

from mlfo_mm import compat  # the work-arounds, before anything of MMAction2

from .clip_color import ClipGaussianBlur, ClipGray
from .color import PerFrameColorJitter, PerFrameGray
from .contrast_sampling import SampleGlobalLocal, SampleRelativeSpeeds
from .decode import DecodeFrames, OpenVideo, VideoError
from .motion import FrameDifference
from .per_clip import PerClip
from .pretext import (
    LabelByPlace,
    RotateClips,
    SampleClipOrder,
    SamplePace,
    SampleSpeeds,
    SampleTemporalTransforms,
)
from .sampling import SampleBlocks, SampleMLFOClips, SampleTwoClips

__all__ = [
    'ClipGaussianBlur',
    'ClipGray',
    'DecodeFrames',
    'FrameDifference',
    'LabelByPlace',
    'OpenVideo',
    'PerClip',
    'PerFrameColorJitter',
    'PerFrameGray',
    'RotateClips',
    'SampleBlocks',
    'SampleClipOrder',
    'SampleGlobalLocal',
    'SampleMLFOClips',
    'SamplePace',
    'SampleRelativeSpeeds',
    'SampleSpeeds',
    'SampleTemporalTransforms',
    'SampleTwoClips',
    'VideoError',
]
