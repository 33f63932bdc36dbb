"""Pipeline steps: opening and decoding, sampling, per-view and per-frame augmentation."""

from mlfo_mm import compat  # the work-arounds, before anything of MMAction2

from .clip_color import ClipGaussianBlur, ClipGray
from .clip_statistics import ClipStatistics
from .cloze import AlterBlank, SampleCloze
from .color import PerFrameColorJitter, PerFrameGray
from .decode import DecodeFrames, OpenVideo, VideoError
from .motion import FrameDifference
from .per_clip import PerClip
from .playback import SamplePlayback
from .pretext import (
    RotateClips,
    SampleClipOrder,
    SamplePace,
    SampleSpeeds,
    SampleTemporalTransforms,
)
from .puzzle import CropPieces, SamplePuzzle
from .sampling import SampleBlocks, SampleClips, SampleMLFOClips, SampleTwoClips

__all__ = [
    'AlterBlank',
    'ClipGaussianBlur',
    'ClipGray',
    'ClipStatistics',
    'CropPieces',
    'DecodeFrames',
    'FrameDifference',
    'OpenVideo',
    'PerClip',
    'PerFrameColorJitter',
    'PerFrameGray',
    'RotateClips',
    'SampleBlocks',
    'SampleClipOrder',
    'SampleClips',
    'SampleCloze',
    'SampleMLFOClips',
    'SamplePace',
    'SamplePlayback',
    'SamplePuzzle',
    'SampleSpeeds',
    'SampleTemporalTransforms',
    'SampleTwoClips',
    'VideoError',
]
