"""Which clips the digits set has, and the text files beside them: pure functions of settings."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from itertools import cycle

import numpy as np

from mlfo_mm.datasets.digits_scenes import DIGIT_CLASSES, MOTION_CLASSES, Look, handwriting
from mlfo_mm.errors import UserError
from mlfo_mm.study.profiles import DIGITS
from mlfo_mm.study.sizes import SIZES

GENERATOR_VERSION = 3  # raise it with every change of what is drawn or how it is encoded
MARKER = 'digits.json'
MOTION_SET, CLASS_SET = DIGITS
TRAIN_SHARE = 2 / 3  # of the images of each digit; the others are for the test list
NUM_PAIRS = len(MOTION_CLASSES) * len(DIGIT_CLASSES)


@dataclass(frozen=True)
class Settings:
    """All that the files depend on.

    Attributes:
        num_train: Clips in ``train.txt``.
        num_test: Clips in ``test.txt``.
        seed: Decides everything that is random; equal settings give equal bytes.
        size: Width and height in pixels.
        min_frames: Length of the shortest clip.
        max_frames: Length of the longest clip.
        look: How hard the clips are to tell apart.
    """

    num_train: int = SIZES['digits_motion'][1].train
    num_test: int = SIZES['digits_motion'][1].test
    seed: int = 0
    size: tuple[int, int] = (48, 36)
    min_frames: int = 48
    max_frames: int = 64
    look: Look = field(default_factory=Look)

    def __post_init__(self) -> None:
        if self.num_train < 1 or self.num_test < 1:
            raise UserError(
                f'num_train and num_test are at least 1, not {self.num_train} and {self.num_test}'
            )
        if self.seed < 0:
            raise UserError(f'the seed is 0 or more, not {self.seed}')
        if not 1 <= self.min_frames <= self.max_frames:
            raise UserError(
                'frames per clip: 1 <= min_frames <= max_frames, '
                f'not {self.min_frames} and {self.max_frames}'
            )
        if min(self.size) < 32 or any(side % 2 for side in self.size):
            raise UserError(f'width and height are even and at least 32, not {self.size}')

    def marker(self) -> str:
        """Text of the file that says how a set was made."""
        return json.dumps({'generator_version': GENERATOR_VERSION, **asdict(self)}, indent=2) + '\n'


@dataclass(frozen=True)
class Clip:
    """One video of the set; ``draw_clip`` with these values draws its frames again."""

    file: str  # relative to the folder of the motions
    motion: str
    digit: str
    image: int  # number of the handwritten digit, and the group of the video
    split: str
    frames: int
    seed: int


def _pairs(rng: np.random.Generator) -> np.ndarray:
    """(80, 2) labels: every pair once, both kinds of labels evenly mixed along the list.

    Names are permuted at random, so that a list that ends early favours none.
    """
    index = np.arange(NUM_PAIRS)
    motion = rng.permutation(len(MOTION_CLASSES))[index % len(MOTION_CLASSES)]
    # 8 and 10 meet again after 40, with the half of the pairs that the shift by one leaves out
    digit = rng.permutation(len(DIGIT_CLASSES))[(index + index // 40) % len(DIGIT_CLASSES)]
    return np.stack([motion, digit], axis=1)


def split_images(seed: int) -> dict[str, list[list[int]]]:
    """The handwritten images of each list by digit, in an order drawn from the seed.

    No image stands in both lists.
    """
    _, labels = handwriting()
    rng = np.random.default_rng([seed, 0])
    images: dict[str, list[list[int]]] = {'train': [], 'test': []}
    for digit in range(len(DIGIT_CLASSES)):
        numbers = rng.permutation(np.flatnonzero(labels == digit)).tolist()
        cut = round(len(numbers) * TRAIN_SHARE)
        images['train'].append(numbers[:cut])
        images['test'].append(numbers[cut:])
    return images


def plan(settings: Settings) -> list[Clip]:
    """All clips of a set. Each 80 in a row of one list hold each pair of labels exactly once.

    An image comes a second time only after all others of its digit in that list.
    """
    clips = []
    images = split_images(settings.seed)
    for number, (split, count) in enumerate(
        (('train', settings.num_train), ('test', settings.num_test)), start=1
    ):
        rng = np.random.default_rng([settings.seed, number])
        pairs = np.concatenate([_pairs(rng) for _ in range(0, count, NUM_PAIRS)])[:count]
        supply: list[Iterator[int]] = [cycle(numbers) for numbers in images[split]]
        used: dict[int, int] = {}
        for motion, digit in pairs:
            image = next(supply[digit])
            used[image] = used.get(image, 0) + 1
            names = MOTION_CLASSES[motion], DIGIT_CLASSES[digit]
            title = ''.join(word.capitalize() for name in names for word in name.split('_'))
            clips.append(
                Clip(
                    f'videos/v_{title}_g{image:04d}_c{used[image]:02d}.mp4',
                    *names,
                    image,
                    split,
                    int(rng.integers(settings.min_frames, settings.max_frames + 1)),
                    int(rng.integers(2**31)),
                )
            )
    return clips


def list_texts(settings: Settings, clips: list[Clip]) -> dict[str, str]:
    """Every text file but the table of clips: path below the root -> content."""
    texts = {}
    for name, classes, kind, prefix in (
        (MOTION_SET, MOTION_CLASSES, 'motion', ''),
        (CLASS_SET, DIGIT_CLASSES, 'digit', f'../{MOTION_SET}/'),
    ):
        texts[f'{name}/{MARKER}'] = settings.marker()
        texts[f'{name}/classes.txt'] = ''.join(f'{label}\n' for label in classes)
        for split in ('train', 'test'):
            texts[f'{name}/{split}.txt'] = ''.join(
                f'{prefix}{clip.file} {classes.index(getattr(clip, kind))}\n'
                for clip in clips
                if clip.split == split
            )
    return texts


def meta_text(clips: list[Clip], sizes: list[int]) -> str:
    """Table of the clips with the size of each file."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator='\n')
    writer.writerow([*Clip.__dataclass_fields__, 'bytes'])
    writer.writerows([*vars(clip).values(), size] for clip, size in zip(clips, sizes, strict=True))
    return text.getvalue()
