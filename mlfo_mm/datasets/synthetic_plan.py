"""Which clips the synthetic set has, and the text files beside them: pure functions of settings."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import asdict, dataclass

import numpy as np

from mlfo_mm.datasets.synthetic_scenes import APPEARANCE_CLASSES, MOTION_CLASSES
from mlfo_mm.errors import UserError

GENERATOR_VERSION = 1  # raise it with every change of what is drawn or how it is encoded
MARKER = 'synthetic.json'
MOTION_SET, APPEARANCE_SET = 'synthetic_motion', 'synthetic_appearance'
GROUPS = {'train': range(1, 21), 'test': range(21, 31)}


@dataclass(frozen=True)
class Settings:
    """All that the files depend on."""

    num_train: int = 480
    num_test: int = 160
    seed: int = 0
    size: tuple[int, int] = (128, 96)
    min_frames: int = 48
    max_frames: int = 64

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

    file: str  # relative to the synthetic_motion folder
    motion: str
    appearance: str
    group: int
    split: str
    frames: int
    seed: int


def _pairs(rng: np.random.Generator) -> np.ndarray:
    """(48, 2) labels: every pair once, in rows of all 8 motions with appearances evenly mixed.

    Names are permuted at random, or a group's style and a sprite's shape would tell of the motion.
    """
    row, column = np.divmod(
        np.arange(len(MOTION_CLASSES) * len(APPEARANCE_CLASSES)), len(MOTION_CLASSES)
    )
    motion = rng.permutation(len(MOTION_CLASSES))[column]
    appearance = rng.permutation(len(APPEARANCE_CLASSES))[(row + column) % len(APPEARANCE_CLASSES)]
    return np.stack([motion, appearance], axis=1)


def plan(settings: Settings) -> list[Clip]:
    """All clips of a set. Each 48 in a row of one split hold each pair of labels exactly once."""
    clips = []
    for split, count in (('train', settings.num_train), ('test', settings.num_test)):
        groups = GROUPS[split]
        numbers = dict.fromkeys(groups, 0)
        rng = np.random.default_rng([settings.seed, groups[0]])
        pairs = np.concatenate([_pairs(rng) for _ in range(0, count, 48)])
        for index, (motion, appearance) in enumerate(pairs[:count]):
            group = groups[index * len(groups) // count]
            numbers[group] += 1
            names = MOTION_CLASSES[motion], APPEARANCE_CLASSES[appearance]
            title = ''.join(word.capitalize() for name in names for word in name.split('_'))
            clips.append(
                Clip(
                    f'videos/v_{title}_g{group:02d}_c{numbers[group]:02d}.mp4',
                    *names,
                    group,
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
        (APPEARANCE_SET, APPEARANCE_CLASSES, 'appearance', f'../{MOTION_SET}/'),
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
