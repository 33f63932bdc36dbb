"""Pipeline steps: opening and decoding, sampling, per-view and per-frame augmentation."""

from mlfo_mm import compat  # the work-arounds, before anything of MMAction2

from .clip_color import ClipGaussianBlur, ClipGray
from .cloze import AlterBlank, SampleCloze
from .color import PerFrameColorJitter, PerFrameGray
from .decode import DecodeFrames, OpenVideo, VideoError
from .motion import FrameDifference
from .patches import PastePatches
from .per_clip import PerClip
from .pretext import (
    RotateClips,
    SampleClipOrder,
    SamplePace,
    SampleSpeeds,
    SampleTemporalTransforms,
)
from .sampling import SampleBlocks, SampleMLFOClips, SampleTwoClips, SampleTwoSegments
from .source import LabelSource
from .temporal_tasks import SampleTemporalTasks
from .turn import ClipTurn

__all__ = [
    'AlterBlank',
    'ClipGaussianBlur',
    'ClipGray',
    'ClipTurn',
    'DecodeFrames',
    'FrameDifference',
    'LabelSource',
    'OpenVideo',
    'PastePatches',
    'PerClip',
    'PerFrameColorJitter',
    'PerFrameGray',
    'RotateClips',
    'SampleBlocks',
    'SampleClipOrder',
    'SampleCloze',
    'SampleMLFOClips',
    'SamplePace',
    'SampleSpeeds',
    'SampleTemporalTasks',
    'SampleTemporalTransforms',
    'SampleTwoClips',
    'SampleTwoSegments',
    'VideoError',
]
