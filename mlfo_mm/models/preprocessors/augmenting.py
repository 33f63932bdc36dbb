"""A data preprocessor that crops, flips and colours whole batches on the device."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

import numpy as np
import torch
from mmaction.models import ActionDataPreprocessor
from mmaction.registry import MODELS
from torch import Tensor

from . import operations

CHUNK = 8  # samples whose frames are cropped in one call


@MODELS.register_module()
class AugmentingDataPreprocessor(ActionDataPreprocessor):
    """MMAction2's preprocessor, which does first what workers only drew: see ``datasets.deferred``.

    A sample that says under ``augment`` what is to be done comes as frames (F, H, W, 3) uint8. What is
    random was drawn with the sample, so that runs resume and do not depend on the number of workers.
    Other samples are treated as MMAction2 does. The arguments are MMAction2's.
    """

    @torch.no_grad()
    def preprocess(
        self, inputs: Sequence[Tensor], data_samples: list, training: bool = False
    ) -> tuple[Tensor, list]:
        """Clips (N, V, C, T, H, W), normalised."""
        if data_samples and 'augment' in data_samples[0]:
            drawn = [sample.augment for sample in data_samples]
            # bfloat16 has 8 bits for 256 levels
            with torch.autocast(inputs[0].device.type, enabled=False):
                inputs = list(augment(inputs, drawn))
        return super().preprocess(inputs, data_samples, training)


def augment(frames: Sequence[Tensor], drawn: Sequence[dict[str, Any]]) -> Tensor:
    """Clips (N, V, 3, T, h, w), levels of 0 to 255 in float32.

    Args:
        frames: (F, H, W, 3) uint8 of each sample; F, H and W may differ.
        drawn: For each sample ``places`` (V, T) in its frames, and ``steps``.
    """
    samples, views = len(frames), len(drawn[0]['places'])
    steps = [
        (
            kind,
            {key: np.concatenate([each['steps'][n][1][key] for each in drawn]) for key in values},
        )
        for n, (kind, values) in enumerate(drawn[0]['steps'])
    ]  # (N*V, ...)
    place = steps[0][1]
    clips = torch.cat(
        [
            operations.place(
                _shown(frames[part], drawn[part]),
                place['box'][part.start * views : part.stop * views],
                place['flip'][part.start * views : part.stop * views],
                tuple(place['size'][0]),
            )
            for part in _parts(frames)
        ]
    )  # (N*V, T, 3, h, w)
    for kind, values in steps[1:]:
        clips = operations.OPERATIONS[kind](clips, **values)
    return clips.unflatten(0, (samples, views)).transpose(2, 3)


def _parts(frames: Sequence[Tensor]) -> Iterator[slice]:
    """Runs of at most ``CHUNK`` samples whose frames have one size."""
    start = 0
    for _, run in groupby(frames, key=lambda each: each.shape[1:]):
        stop = start + len(list(run))
        for first in range(start, stop, CHUNK):
            yield slice(first, min(first + CHUNK, stop))
        start = stop


def _shown(frames: Sequence[Tensor], drawn: Sequence[dict[str, Any]]) -> Tensor:
    """Frames of the views (M, T, H, W, 3) of some samples."""
    offsets = np.cumsum([0, *(len(each) for each in frames)])
    places = [each['places'] + offset for each, offset in zip(drawn, offsets, strict=False)]
    index = torch.from_numpy(np.concatenate(places)).to(frames[0].device, non_blocking=True)
    return torch.cat(list(frames))[index]
