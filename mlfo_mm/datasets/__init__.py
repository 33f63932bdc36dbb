"""Data sets and pipeline steps.

The steps and data sets need torch and MMAction2; the modules on lists and files do not. So what
``__all__`` names is imported when it is asked for.
"""

from __future__ import annotations

import importlib
from typing import Any

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
    'VideoListDataset',
    'skip_collate',
]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f'module {__name__!r} has no attribute {name!r}')
    home = 'video_list' if name in ('VideoListDataset', 'skip_collate') else 'transforms'
    value = getattr(importlib.import_module(f'{__name__}.{home}'), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
