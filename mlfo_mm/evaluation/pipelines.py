"""Clips for evaluation: the geometry comes from the pretraining config, the rest from the protocol."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

from mmaction.datasets.transforms import (
    CenterCrop,
    Flip,
    FormatShape,
    PackActionInputs,
    RandomCrop,
    RandomRescale,
    Resize,
    SampleFrames,
)
from mmaction.registry import TRANSFORMS
from mmcv.transforms import BaseTransform
from mmengine.config import Config
from mmengine.dataset import DefaultSampler

from mlfo_mm.datasets import VideoListDataset, skip_collate
from mlfo_mm.datasets.transforms import DecodeFrames, FrameDifference, OpenVideo
from mlfo_mm.errors import UserError

Pipeline = list[dict[str, Any]]


@dataclass(frozen=True)
class ClipGeometry:
    """Shape of a clip, the same in every evaluation of a pretrained backbone."""

    clip_len: int
    frame_interval: int
    short_side: int
    crop_size: int
    frame_difference: bool = False

    @classmethod
    def from_config(cls, config: Config) -> ClipGeometry:
        """Read it from a pretraining config."""
        keys = ('clip_len', 'frame_interval', 'short_side', 'crop_size')
        for key in keys:
            if not isinstance(config.get(key), int) or config[key] < 1:
                raise UserError(
                    f'{config.filename}: evaluation needs {key}, a positive whole number'
                )
        return cls(*(config[key] for key in keys), bool(config.get('frame_difference')))

    def line(self) -> str:
        """Frames, stride and resolution in words."""
        frames = 'frame differences' if self.frame_difference else 'frames'
        return (
            f'{self.clip_len} {frames} x stride {self.frame_interval}, {self.crop_size} px of short '
            f'side {self.short_side}'
        )

    def as_dict(self) -> dict[str, int]:
        """For records and cache keys."""
        return asdict(self)


@TRANSFORMS.register_module()
class ReverseClips(BaseTransform):
    """Play each clip backwards: stands before the decoding, so that all that follows sees it so."""

    def transform(self, results: dict) -> dict:
        """Turn ``frame_inds`` round, clip by clip."""
        clips = results['frame_inds'].reshape(-1, results['clip_len'])  # (V, T)
        results['frame_inds'] = clips[:, ::-1].ravel()
        return results


def test_pipeline(geometry: ClipGeometry, num_clips: int, reverse: bool = False) -> Pipeline:
    """Uniform clips, forward or backwards, and the centre crop."""
    spatial = [
        dict(type=Resize, scale=(-1, geometry.short_side)),
        dict(type=CenterCrop, crop_size=geometry.crop_size),
    ]
    return _clips(geometry, num_clips, True, spatial, reverse, geometry.short_side)


def train_pipeline(geometry: ClipGeometry, flip_ratio: float, max_scale: float) -> Pipeline:
    """One random clip: short side of 1 to ``max_scale`` crops, random crop, flip where allowed."""
    crop = geometry.crop_size
    spatial = [
        dict(type=RandomRescale, scale_range=(crop, max(crop + 1, round(max_scale * crop)))),
        dict(type=RandomCrop, size=crop),
    ]
    if flip_ratio > 0:
        spatial.append(dict(type=Flip, flip_ratio=flip_ratio))
    return _clips(geometry, 1, False, spatial)


def _clips(
    geometry: ClipGeometry,
    num_clips: int,
    test_mode: bool,
    spatial: Pipeline,
    reverse: bool = False,
    short_side: int | None = None,
) -> Pipeline:
    return [
        dict(type=OpenVideo, short_side=short_side),
        dict(
            type=SampleFrames,
            clip_len=geometry.clip_len,
            frame_interval=geometry.frame_interval,
            num_clips=num_clips,
            test_mode=test_mode,
        ),
        *([dict(type=ReverseClips)] if reverse else []),
        dict(type=DecodeFrames),
        *spatial,
        *([dict(type=FrameDifference)] if geometry.frame_difference else []),
        dict(type=FormatShape, input_format='NCTHW'),
        dict(type=PackActionInputs, meta_keys=('filename', 'decoder', 'frame_inds')),
    ]


def dataset_config(
    name: str,
    subset: Literal['train', 'test'],
    split: int,
    pipeline: Pipeline,
    test_mode: bool,
    skip_broken: bool,
    seed: int,
    decode_timeout: float | None = 60.0,
) -> dict[str, Any]:
    """A list's videos; a broken one is an error unless ``skip_broken``."""
    skip = 'skip' if test_mode else 'replace'  # training keeps its batches full
    return dict(
        type=VideoListDataset,
        dataset=name,
        subset=subset,
        split=split,
        pipeline=pipeline,
        test_mode=test_mode,
        on_corrupt=skip if skip_broken else 'error',
        max_corrupt=1.0,
        decode_timeout=decode_timeout,
        seed=seed,
    )


def loader_config(
    dataset: dict | VideoListDataset, batch_size: int, num_workers: int, shuffle: bool
) -> dict[str, Any]:
    """Loader of a data set for ``Runner.build_dataloader``."""
    return dict(
        dataset=dataset,
        batch_size=batch_size,
        num_workers=num_workers,
        persistent_workers=shuffle and num_workers > 0,
        sampler=dict(type=DefaultSampler, shuffle=shuffle),
        collate_fn=dict(type=skip_collate),
    )
