"""Pipeline steps: opening and decoding, sampling, per-view and per-frame augmentation."""

from mlfo_mm import compat  # the work-arounds, before anything of MMAction2

from .clip_color import ClipGaussianBlur, ClipGray
from .clip_statistics import ClipStatistics
from .cloze import AlterBlank, SampleCloze
from .color import PerFrameColorJitter, PerFrameGray
from .contrast_sampling import SampleGlobalLocal, SampleRelativeSpeeds
from .decode import DecodeFrames, OpenVideo, VideoError
from .motion import FrameDifference
from .patches import PastePatches
from .per_clip import PerClip
from .playback import SamplePlayback
from .pretext import (
    LabelByPlace,
    RotateClips,
    SampleClipOrder,
    SamplePace,
    SampleSpeeds,
    SampleTemporalTransforms,
)
from .puzzle import CropPieces, SamplePuzzle
from .sampling import SampleBlocks, SampleClips, SampleMLFOClips, SampleTwoClips, SampleTwoSegments
from .source import LabelSource
from .temporal_tasks import SampleTemporalTasks
from .turn import ClipTurn

__all__ = [
    'AlterBlank',
    'ClipGaussianBlur',
    'ClipGray',
    'ClipStatistics',
    'ClipTurn',
    'CropPieces',
    'DecodeFrames',
    'FrameDifference',
    'LabelByPlace',
    'LabelSource',
    'OpenVideo',
    'PastePatches',
    'PerClip',
    'PerFrameColorJitter',
    'PerFrameGray',
    'RotateClips',
    'SampleBlocks',
    'SampleClipOrder',
    'SampleClips',
    'SampleCloze',
    'SampleGlobalLocal',
    'SampleMLFOClips',
    'SamplePace',
    'SamplePlayback',
    'SamplePuzzle',
    'SampleRelativeSpeeds',
    'SampleSpeeds',
    'SampleTemporalTasks',
    'SampleTemporalTransforms',
    'SampleTwoClips',
    'SampleTwoSegments',
    'VideoError',
]
