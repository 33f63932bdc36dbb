"""Profiles: on which data, at which size and how often the experiments run."""

from __future__ import annotations

from dataclasses import dataclass

from mlfo_mm.errors import UserError, did_you_mean
from mlfo_mm.study.tasks import PADDING, SWEEP, TABLE_TASKS


@dataclass(frozen=True)
class Profile:
    """A size at which the study runs.

    Attributes:
        name: Its name.
        datasets: Downstream data sets, which stand in the columns of its tables.
        tables: Tables and figures that a run makes by default.
        backbones: Backbones of the default rows; every backbone where empty.
        prepare: Command that makes the data where they are missing; none where the user brings them.
        seeds: Most seeds a row runs by default.
        prototypes: Figure 3: numbers of prototypes beside the config's own.
        first_stages: Figure 3: first stages in percent beside the config's own.
        processes: Processes (GPUs) of one pretraining.
        comparators: Whether methods beside MLFO and its baselines run without being asked for.
        also: Such methods that run by their recipes where the others do not.
        scratch_only: Finetuning runs from scratch alone, unless a task or a method is named.
    """

    name: str
    datasets: tuple[str, ...]
    tables: tuple[str, ...]
    backbones: tuple[str, ...] = ('r3d18',)
    prepare: tuple[str, ...] = ()
    seeds: int = 1
    prototypes: tuple[int, ...] = ()
    first_stages: tuple[int, ...] = ()
    processes: int = 1
    comparators: bool = True
    also: tuple[str, ...] = ()
    scratch_only: bool = False

    @property
    def paper(self) -> bool:
        """Whether the rows run on the paper's pretraining sets."""
        return self.name == 'paper'

    @property
    def pretrain(self) -> str:
        """What it pretrains on by default: small profiles, on their first data set."""
        return 'kinetics400' if self.paper else self.datasets[0]


DIGITS = ('digits_motion', 'digits_class')  # embedded: drawn where they are missing
MAKE_DIGITS = ('tools/data/make_digits.py',)
# What the two downstream sets of the paper are played by in a small profile is no equality: the
# tables never set these against the paper's numbers.
PROFILES = {
    profile.name: profile
    for profile in (
        Profile(
            'smoke',
            DIGITS,
            ('table1', 'table4'),
            prepare=MAKE_DIGITS,
            prototypes=(4,),
            first_stages=(0,),
            comparators=False,
        ),
        Profile(
            'demo',
            DIGITS,
            ('table1', 'table4'),
            prepare=MAKE_DIGITS,
            prototypes=(6, 128),
            first_stages=(0, 50),
            comparators=False,
            also=('sts',),
            scratch_only=True,
        ),
        Profile(
            'mini',
            ('utdplain27', 'msrplain20'),
            ('table1', 'table2', 'table3', 'table4', 'levels', 'figure4', 'figure5'),
            seeds=5,
            prototypes=(4, 27, 400),
            first_stages=(0, 10, 30, 40, 50),
        ),
        Profile(
            'paper',
            ('ucf101', 'hmdb51'),
            tuple(table for table in TABLE_TASKS if table not in (PADDING, SWEEP)),
            backbones=(),
            prototypes=(20, 100, 500, 2000, 4000),
            first_stages=(0, 10, 30, 40, 50),
            processes=8,
        ),
    )
}
PAPER_DATASETS = PROFILES['paper'].datasets


def find_profile(name: str) -> Profile:
    """Return a profile by name."""
    if name not in PROFILES:
        there = ', '.join(PROFILES)
        raise UserError(f'unknown profile {name!r}{did_you_mean(name, PROFILES)}: one of {there}')
    return PROFILES[name]
