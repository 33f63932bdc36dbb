"""Data set of videos from a list, with per-sample seeding and a policy for corrupt videos."""

from __future__ import annotations

from mlfo_mm import compat  # isort: skip  (the work-arounds, before anything of MMAction2)  # noqa: F401

import contextlib
import logging
import random
import shlex
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

import cv2
import numpy as np
import torch
from mmaction.registry import DATASETS, TRANSFORMS
from mmengine.dataset import BaseDataset, pseudo_collate
from mmengine.logging import print_log
from mmengine.registry import FUNCTIONS
from torch.utils.data import get_worker_info

from mlfo_mm.errors import UserError
from mlfo_mm.video.time_limit import check_limit

from .annotation import check_files, find_dataset, list_file, read_classes, read_list
from .passing import pass_small_by_value
from .transforms.decode import VideoError, VideoTimeout
from .transforms.deferred import defer

CHECK = 'python tools/data/check_videos.py'
MAX_TRIES = 20
LONG_LIST = 10_000  # samples from which on mmengine packs them, after a slow collection of garbage
TOLERATED = 3  # corrupt videos that never stop a run: in a small set they are a large share


@DATASETS.register_module()
class VideoListDataset(BaseDataset):
    """The videos of one subset of a data set in the standard layout.

    A sample is a function of (seed, epoch, index): every random state is seeded from them before
    the pipeline runs and put back afterwards, so neither the number of workers nor the order of
    reading changes it.

    Args:
        dataset: Name of the data set, a folder under a data root.
        subset: 'train' or 'test'.
        split: Number of the split.
        pipeline: Configs of the pipeline's steps.
        data_root: The folder to look in; by default those of ``annotation.data_roots``.
        on_corrupt: What becomes of a video that cannot be decoded: 'replace' takes another one in
            its place, warns once by name and counts it; 'error' stops; 'skip' returns None, which
            ``skip_collate`` drops from the batch, and counts it. By default 'error' in test mode,
            else 'replace'.
        max_corrupt: Share of corrupt videos above which 'replace' and 'skip' stop as well; a few
            (``TOLERATED``) never do.
        decode_timeout: Seconds that opening a video may take, and decoding its frames: one that takes
            longer is corrupt, and is not tried again. None for no limit.
        seed: Seed of the samples' random states.
        test_mode: Samples do not depend on the epoch.
        indices: Only these samples (or this many of the first), as in mmengine.
        augment: Where what ``PerClip`` holds is done: by the 'worker', or on the 'device' by an
            ``AugmentingDataPreprocessor``.
    """

    def __init__(
        self,
        dataset: str,
        pipeline: Sequence[dict | Callable],
        subset: Literal['train', 'test'] = 'train',
        split: int = 1,
        data_root: str | Path | None = None,
        on_corrupt: Literal['replace', 'error', 'skip'] | None = None,
        max_corrupt: float = 0.01,
        decode_timeout: float | None = 60.0,
        seed: int = 0,
        test_mode: bool = False,
        indices: int | Sequence[int] | None = None,
        augment: Literal['worker', 'device'] = 'worker',
    ) -> None:
        on_corrupt = on_corrupt or ('error' if test_mode else 'replace')
        if on_corrupt not in ('replace', 'error', 'skip'):
            raise UserError(f'on_corrupt={on_corrupt!r}, must be replace, error or skip')
        if augment not in ('worker', 'device'):
            raise UserError(f'augment={augment!r}, must be worker or device')
        if seed < 0:
            raise UserError(f'seed={seed}, must be at least 0')
        if not 0 <= max_corrupt <= 1:
            raise UserError(f'max_corrupt={max_corrupt}, must be a share from 0 to 1')
        check_limit('decode_timeout', decode_timeout)
        self.folder = find_dataset(dataset, data_root).absolute()
        self.list_path = list_file(self.folder, subset, split)
        self.on_corrupt = on_corrupt
        self.max_corrupt = max_corrupt
        self.decode_timeout = decode_timeout
        self.seed = seed
        # In shared memory, as persistent workers hold a copy of everything else. A worker only
        # ever writes the entry of the sample in its hands, so no lock is needed.
        self._epoch = torch.zeros((), dtype=torch.int64)
        self._replaced_in_job = 0
        steps = [TRANSFORMS.build(t) if isinstance(t, dict) else t for t in pipeline]
        super().__init__(
            ann_file=str(self.list_path),
            metainfo=dict(classes=tuple(read_classes(self.folder))),
            data_root=str(self.folder),
            indices=indices,
            pipeline=steps if augment == 'worker' else defer(steps),
            test_mode=test_mode,
        )

    def load_data_list(self) -> list[dict]:
        """Read and check the list; one dict per video."""
        samples = read_list(self.list_path, len(self._metainfo['classes']))
        check_files(samples, self.folder, self._allowed(len(samples)))
        self.serialize_data = len(samples) >= LONG_LIST
        self._looped = torch.zeros(len(samples), dtype=torch.bool)
        self._corrupt = torch.zeros(len(samples), dtype=torch.bool)
        self._stuck = torch.zeros(len(samples), dtype=torch.bool)
        self._replaced = torch.zeros(len(samples), dtype=torch.int32)
        self._share()
        return [
            dict(
                filename=str(self.folder / sample.path),
                label=sample.label,
                line=sample.line,
                list_index=index,
                decode_timeout=self.decode_timeout,
                modality='RGB',
                start_index=0,
            )
            for index, sample in enumerate(samples)
        ]

    def set_epoch(self, epoch: int) -> None:
        """Tell the samples' random states the epoch; workers that are running see it too."""
        self._epoch.fill_(epoch)

    def read_stats(self) -> dict[str, Any]:
        """What the policies did so far, in all workers, and up to the last epoch in all processes.

        Returns:
            ``looped``: number of videos shorter than their sampler needs; ``replaced``: number of
            samples drawn in place of corrupt ones; ``names``: the corrupt videos.
        """
        return dict(
            looped=int(self._looped.count_nonzero()),
            replaced=max(int(self._replaced.sum()), self._replaced_in_job),
            names=self._corrupt_names(),
        )

    def broken(self) -> list[int]:
        """Places in the list of the videos that could not be read so far."""
        return self._corrupt.nonzero().flatten().tolist()

    def note_broken(self, places: Sequence[int]) -> None:
        """Remember broken videos that an earlier stop of the run met."""
        known = [place for place in places if 0 <= place < len(self._corrupt)]
        self._corrupt[known] = True

    def share_counts(self, reduce: Callable[[torch.Tensor, str], None]) -> None:
        """Count the videos of all processes of a job as one.

        Args:
            reduce: Puts the 'max' or 'sum' over the processes in a tensor's place.

        Raises:
            UserError: More videos are broken than ``max_corrupt`` allows, in all processes alike.
        """
        for mask in (self._corrupt, self._looped):
            found = mask.to(torch.uint8)
            reduce(found, 'max')
            mask |= found.bool().cpu()
        total = self._replaced.sum()
        reduce(total, 'sum')
        self._replaced_in_job = int(total)
        if self.on_corrupt != 'error' and self._too_many():
            raise UserError(f'{self._corrupt_names()[0]}: cannot be decoded; {self._said_share()}')

    def __getitem__(self, idx: int) -> Any:
        """The packed sample, another one in its place, or None where it is skipped."""
        if get_worker_info() is not None:
            cv2.setNumThreads(0)
            pass_small_by_value()
        epoch = 0 if self.test_mode else int(self._epoch)
        info = self.get_data_info(idx)
        wanted = info['list_index']
        for attempt in range(MAX_TRIES):
            # The attempt is part of the key: a video in another's place gets a crop of its own,
            # so a batch never holds the very same clip twice.
            key = (self.seed, epoch, wanted, attempt)
            try:
                if self._stuck[info['list_index']]:
                    raise VideoTimeout(info['filename'], 'the decoder was stuck before')
                with _seeded(key):
                    sample = self.pipeline(info)
            except VideoError as error:
                self._stuck[info['list_index']] |= isinstance(error, VideoTimeout)
                self._note_corrupt(info, error)
            else:
                self._looped[info['list_index']] |= info.get('short_video', False)
                return sample
            if self.on_corrupt == 'skip':
                return None
            self._replaced[wanted] += attempt == 0
            info = self.get_data_info(int(np.random.default_rng(key).integers(len(self))))
        raise UserError(
            f'none of {MAX_TRIES} videos of {self.list_path} tried one after the other could be '
            f'decoded; run: {CHECK} {shlex.quote(self.folder.name)}'
        )

    def _note_corrupt(self, info: dict, error: VideoError) -> None:
        if not self.list_path.is_file():  # not one video, but the disk that they are on
            raise UserError(
                f'{self.folder} is gone: bring it back, then go on (a training with --resume)'
            ) from error
        where = f'{error}: line {info["line"]} of {self.list_path.name}'
        if self.on_corrupt == 'error':
            raise UserError(
                f"{where}; --skip-broken (on_corrupt='skip') goes on without it"
            ) from error
        if self._corrupt[info['list_index']]:
            return
        self._corrupt[info['list_index']] = True
        if self._too_many():
            raise UserError(f'{where}; {self._said_share()}') from error
        policy = 'skipped' if self.on_corrupt == 'skip' else 'another video takes its place'
        count = f'{int(self._corrupt.count_nonzero()):,} of {len(self):,}'
        print_log(f'{where}; {count}, {policy}', logger='current', level=logging.WARNING)

    def _too_many(self) -> bool:
        return int(self._corrupt.count_nonzero()) > max(TOLERATED, self.max_corrupt * len(self))

    def _said_share(self) -> str:
        return (
            f'that makes {int(self._corrupt.count_nonzero()):,} of {len(self):,}, more than '
            f'max_corrupt={self.max_corrupt:g} allows; run: {CHECK} {shlex.quote(self.folder.name)}'
        )

    def _allowed(self, total: int) -> float:
        """How many files may be missing from the start; never all, which is a wrong data root."""
        if self.on_corrupt == 'error':
            return 0
        return min(max(TOLERATED, self.max_corrupt * total), total - 1)

    def _corrupt_names(self) -> list[str]:
        if not self._corrupt.any():
            return []
        infos = map(self.get_data_info, range(len(self)))
        return [info['filename'] for info in infos if self._corrupt[info['list_index']]]

    def _share(self) -> None:
        for tensor in (self._epoch, self._looped, self._corrupt, self._stuck, self._replaced):
            tensor.share_memory_()

    def _copy_without_annotation(self, memo: dict | None = None) -> VideoListDataset:
        other = super()._copy_without_annotation({} if memo is None else memo)
        other._share()  # copies of shared tensors are private
        return other


@FUNCTIONS.register_module()
def skip_collate(samples: Sequence[dict | None]) -> dict:
    """Collate the samples that are there, for ``on_corrupt='skip'``.

    Returns:
        As mmengine's ``pseudo_collate``; ``dict(inputs=[], data_samples=[])`` if none is left,
        which the caller must pass over.
    """
    left = [sample for sample in samples if sample is not None]
    return pseudo_collate(left) if left else dict(inputs=[], data_samples=[])


@contextlib.contextmanager
def _seeded(key: tuple[int, ...]) -> Iterator[None]:
    """Seed the three random states from ``key``, and put them back at the end."""
    states = random.getstate(), np.random.get_state(), torch.get_rng_state()
    words = np.random.SeedSequence(key).generate_state(3).tolist()
    random.seed(words[0])
    np.random.seed(words[1])
    torch.default_generator.manual_seed(words[2])  # not torch.manual_seed: CUDA's is left alone
    try:
        yield
    finally:
        random.setstate(states[0])
        np.random.set_state(states[1])
        torch.set_rng_state(states[2])
