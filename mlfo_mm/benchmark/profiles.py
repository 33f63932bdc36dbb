"""Which pretrainings and which downstream data sets a profile runs."""

from __future__ import annotations

from dataclasses import dataclass

TASKS = ('linear_probe', 'retrieval', 'finetune')


@dataclass(frozen=True)
class Profile:
    """A profile of the benchmark.

    Attributes:
        configs: Pretraining configs, relative to the repository; the first one's backbone is also
            evaluated with random weights and trained from scratch.
        datasets: Downstream data sets; pretraining reads the training list of the first.
        prepare: Command that makes the data where it is missing; none where the user brings them.
    """

    configs: tuple[str, ...]
    datasets: tuple[str, ...]
    prepare: tuple[str, ...] = ()


PROFILES = {
    'smoke': Profile(
        ('configs/mlfo/r3d18_smoke.py', 'configs/simclr/r3d18_smoke.py'),
        ('synthetic_motion', 'synthetic_appearance'),
        ('tools/data/make_synthetic.py',),
    ),
    'demo': Profile(
        ('configs/mlfo/r3d18_demo.py', 'configs/simclr/r3d18_demo.py'),
        ('synthetic_motion', 'synthetic_appearance'),
        ('tools/data/make_synthetic.py',),
    ),
    'mini': Profile(
        ('configs/mlfo/r3d18_mini.py', 'configs/simclr/r3d18_mini.py'),
        ('utdrender27', 'msrrender20'),
    ),
    'paper': Profile(
        ('configs/mlfo/r3d18_ucf101.py',),
        ('ucf101', 'hmdb51'),
    ),
}
