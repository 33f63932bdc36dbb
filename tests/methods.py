"""Every method that is tested as one: a row of ``CASES``, and it has all tests that methods have.

What clips a method takes and what labels, the tests see in what its run feeds them. The tests:

- tests/engine/test_training.py: a run that was stopped and resumed ends as an undisturbed one;
- tests/engine/test_recipes.py: small profiles have one budget for all;
- tests/models/recognizers/test_methods.py: gradients, learning, embeddings, what is monitored;
- tests/models/recognizers/test_numbers.py: batches at the edge, and numbers of 16 bits;
- tests/models/recognizers/test_backbones.py: a step on every backbone;
- tests/models/recognizers/test_distributed.py: one process equals two and four.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
import torch
from mmaction.registry import DATASETS, MODELS
from mmengine.config import Config

from mlfo_mm.engine.config import load_config
from mlfo_mm.study.runs import parse_run

VIDEOS = 16


@dataclass(frozen=True)
class Case:
    """A method.

    Attributes:
        run: At the smoke profile.
        learns: What it reaches on a few videos of digits: losses at most, all else at least. Where
            nothing is said, its loss must fall by 30 %.
        steps: Of that training.
        learner: Changes of the model for that: keys below ``model`` and their values.
        alike: Changes of the model with which several processes compute what one does: full queues
            after a step, and no random numbers.
    """

    run: str
    learns: dict[str, float] = field(default_factory=dict)
    steps: int = 30
    learner: dict[str, Any] = field(default_factory=dict)
    alike: dict[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Method and variant: ``pace+contrast``."""
        run = parse_run(self.run)
        return '+'.join((run.method, *run.changes))

    def config(self, changes: dict[str, Any] | None = None, backbone: str = 'r3d18') -> Config:
        """Its config on a backbone, with changes of the model."""
        run = parse_run(self.run)
        run = replace(run, base=f'{run.method}/{backbone}')
        return load_config(str(run), {f'model.{k}': value for k, value in (changes or {}).items()})

    def model(self, changes: dict[str, Any] | None = None, backbone: str = 'r3d18') -> Any:
        """Its model from seed 0."""
        torch.manual_seed(0)
        return MODELS.build(self.config(changes, backbone).model)

    def feed(self, root: Any, count: int = VIDEOS) -> tuple[torch.Tensor, list[Any]]:
        """Clips (N, V, 3, T, H, W) of videos of digits, as its run makes them, and their labels."""
        config = self.config()
        data = DATASETS.build(config.train_dataloader.dataset | dict(data_root=str(root)))
        samples = [data[index] for index in range(count)]
        clips = torch.stack([sample['inputs'] for sample in samples]).float()
        mean, std = (torch.tensor(config.normalize[k]).view(3, 1, 1, 1) for k in ('mean', 'std'))
        return (clips - mean) / std, [sample['data_samples'] for sample in samples]


_mlfo = {
    'embedding_dim': 8,
    'augmentations': ('reverse',),
    'prototypes.num_prototypes': 6,
    'prototypes.queue_size': 6,
    'prototypes.queue_begin_epoch': 0,
    'prototypes.freeze_epochs': 0,
}
_swav = {'queue_size': 4, 'queue_begin_epoch': 0, 'prototypes.freeze_epochs': 0}
# room to tell 16 places; the shipped small start costs steps before anything is learnt
_memdpc = {'feature_size': 32, 'memory_size': 64, 'init_gain': 1.0}
_found = dict(acc_instance_high=0.9)
# half of chance, the log of the number of classes
_quarter, _half = math.log(4) / 2, math.log(2) / 2

CASES = (
    Case('mlfo/r3d18@smoke', _found, alike=_mlfo),
    Case('mlfo/r3d18@smoke+official', _found, alike=_mlfo),
    Case('mlfo/r3d18@smoke+ctm', _found, alike=_mlfo),
    Case('simclr/r3d18@smoke', _found),
    # chance: 2 log 15 = 5.4, the sum of both directions
    Case('cvrl/r3d18@smoke', dict(loss_contrast=1.0, acc_contrast=0.9), steps=50),
    # chance: log 9 = 2.2; 8 other videos in the queue
    Case(
        'moco/r3d18@smoke',
        dict(loss_contrast=1.3, acc_contrast=0.6),
        learner=dict(queue_size=8),
        alike=dict(queue_size=6),
    ),
    # unrelated embeddings: 4; collapsed ones would have no spread
    Case('byol/r3d18@smoke', dict(loss_prediction=1.5, stat_std=0.4), steps=40),
    # unrelated projections: 1; collapsed ones would have no spread
    Case('simsiam/r3d18@smoke', dict(loss_prediction=0.6, stat_std=0.6), steps=60),
    # chance: log 8 = 2.1
    Case('swav/r3d18@smoke', dict(loss_semantic=1.0, stat_prototypes_used=4), 50, alike=_swav),
    # chance: log 16 = 2.8, two blocks of 8 videos
    Case('memdpc/r3d18@smoke', dict(loss_forward=1.7, loss_backward=1.7), 40, _memdpc),
    Case('pace/r3d18@smoke', dict(loss_pace=_quarter)),
    Case('pace/r3d18@smoke+contrast', dict(loss_pace=_quarter, acc_contrast=0.9)),
    Case('rotnet3d/r3d18@smoke', dict(loss_rotation=_quarter)),
    Case('speednet/r3d18@smoke', dict(loss_speed=_half)),
    Case('speednet/r3d18@smoke+ctp7', dict(loss_speed=math.log(7) / 2)),
    Case('temptrans/r3d18@smoke', dict(loss_transformation=_quarter, loss_speed=_quarter)),
    Case('vcop/r3d18@smoke', dict(loss_order=math.log(6) / 2)),
)
every_method = pytest.mark.parametrize('case', CASES, ids=lambda case: case.name)
