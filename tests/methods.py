"""Every method that is tested as one: a row of ``CASES``, and it has all tests that methods have.

What clips a method takes and what labels, the tests see in what its run feeds them. The tests:

- tests/engine/test_training.py: a run that was stopped and resumed ends as an undisturbed one;
- tests/engine/test_recipes.py: small profiles have one budget for all, and published recipes what
  their sources say, which is typed again in RECIPES and CONSTANTS below;
- tests/models/recognizers/test_methods.py: gradients, learning, embeddings, what is monitored;
- tests/models/recognizers/test_numbers.py: batches at the edge, and numbers of 16 bits;
- tests/models/recognizers/test_backbones.py: a step on every backbone;
- tests/engine/test_dry_step.py: a step at paper size on a fake GPU, where nothing makes it wait;
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
    Case('cvrl/r3d18@smoke', dict(loss_contrast=1.4, acc_contrast=0.7), steps=50),
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
    # chance: 0.1 log 3 = 0.11; one colour everywhere explains nothing
    Case('prp/r3d18@smoke', dict(loss_rate=0.05, acc_rate=0.8, stat_explained=0.2), 60),
    # chance: log 24 = 3.2
    Case('st_puzzle/r3d18@smoke', dict(loss_order=math.log(24) / 2, acc_order=0.5), 60),
    # the means of the statistics explain nothing
    Case(
        'sts/r3d18@smoke',
        dict(stat_explained_motion=0.25, stat_explained_appearance=0.25),
        steps=60,
        learner={'head.weights.appearance': 1.0},
    ),
    # chance: log 5 = 1.6; 3/5 log 3 = 0.7 by single frames
    Case('vcp/r3d18@smoke', dict(loss_operation=0.4, acc_operation=0.8)),
    # chance: log 10 = 2.3; by the scene alone: log 2 = 0.7
    Case(
        'dsm/r3d18@smoke',
        dict(loss_contrast=_half, acc_motion=0.9),
        20,
        dict(queue_size=8),
        dict(queue_size=6, num_warps=0),
    ),
    Case(
        'taco/r3d18@smoke',
        dict(
            loss_speed=math.log(3) / 2,
            loss_reverse=_half,
            loss_shuffle=_half,
            loss_rotation=_quarter,
            acc_contrast=0.9,
        ),
        30,
    ),
    # chance: log 8 = 2.1 and log 15 = 2.7; frames that are all alike would have no spread
    Case('ccl/r3d18@smoke', dict(loss_cycle=1.0, loss_contrast=1.3, stat_std_frames=0.2), 25),
    # chance: log 40 = 3.7; by the scene alone: log 5 = 1.6
    Case(
        'cbt/r3d18@smoke',
        dict(loss_masked=2.5),
        50,
        dict(embedding_dim=32, dropout_ratio=0.0),
        dict(mask_share=1.0),
    ),
    # chance in the last stage: log 9/3 = 1.1
    Case(
        'coclr/r3d18@smoke',
        dict(loss_rgb_mined=0.65, acc_rgb_mined=0.6),
        steps=40,
        alike=dict(queue_size=4),
    ),
    # standing still: 9.0 and 2.2
    Case('ctp/r3d18@smoke', dict(loss_place=5.0, acc_place=0.6), steps=50),
    # chance: 2 log 9 = 4.4 and the margin, 2
    Case(
        'rspnet/r3d18@smoke',
        dict(loss_appearance=2.2, acc_appearance=0.7, loss_speed=0.5, acc_speed=0.9),
        learner=dict(queue_size=8),
        alike=dict(queue_size=6),
    ),
    # chance: 40 ln 3 = 43.9, 8 ln 2 = 5.5 and ln 15 = 2.7
    Case(
        'tclr/r3d18@smoke',
        dict(loss_local_local=5, loss_global_local=4.2, acc_local_local=0.9, acc_global=0.35),
    ),
    # chance: ln 16 = 2.8, two blocks of 8 videos
    Case('dpc/r3d18@smoke', dict(loss_forward=1.4, acc_forward=0.6), 40, {'feature_size': 32}),
    # chance: ln 9 = 2.2, ln 2 / 2 = 0.35 and ln 4 / 2 = 0.7
    Case(
        'pcl/r3d18@smoke',
        dict(loss_contrast=1.4, loss_prototypes_2=0.2, loss_prototypes_4=0.45, acc_prototypes=0.75),
        learner=dict(queue_size=8),
        alike=dict(queue_size=6, warmup_epochs=0, num_clusters=(2,)),
    ),
)
every_method = pytest.mark.parametrize('case', CASES, ids=lambda case: case.name)
# those that keep something from step to step, and one of each kind that does not
STATE = ('mlfo', 'moco', 'byol', 'swav', 'memdpc', 'coclr', 'pcl', 'simclr', 'pace')
each_state = pytest.mark.parametrize(
    'case',
    [c if c.name in STATE else pytest.param(c, marks=pytest.mark.product) for c in CASES],
    ids=[case.name for case in CASES],
)

# What each source says of its recipe at the published scale, typed again (tests/engine/test_recipes.py).
CTP = ('SGD', 0.01, 1e-4, 32, 40)
CVRL = ('SGD', 0.08, 1e-6, 256, None)  # 0.32 for a batch of 1024
RECIPES = {  # optimiser, learning rate, weight decay, batch in total, clipped at; epochs, steps
    'prp/r2plus1d@ucf101': (('SGD', 0.01, 5e-4, 8, None), 300, None),
    'st_puzzle/r3d18@k400': (CTP, 90, [30, 60]),
    'sts/r3d18@ucf101': (('SGD', 5e-4, 5e-3, 32, None), 180, [60, 120]),
    'vcp/r3d@ucf101': (('SGD', 0.01, 5e-4, 8, None), 200, None),
    'dsm/r3d34@k400': (('SGD', 3e-3, 1e-4, 256, None), 200, [120, 160]),
    'dsm/i3d@ucf101': (('SGD', 3e-3, 1e-4, 128, None), 240, [120, 160, 200]),
    'dsm/r3d18@ucf101': (('SGD', 3e-3, 1e-4, 128, None), 240, [120, 160, 200]),
    'taco/r3d@k400': (('SGD', 0.03, 1e-4, 256, None), 200, None),
    'taco/r3d18@ucf101': (('SGD', 0.03, 1e-4, 256, None), 300, None),
    'ccl/r3d18@k400': (('SGD', 0.03, 1e-4, 256, None), 200, None),
    'ccl/r3d18@ucf101': (('SGD', 0.03, 1e-4, 256, None), 300, None),
    'cbt/r3d18@k400': (('Adam', 1e-3, 1e-5, 64, None), 200, [120, 160]),
    'coclr/s3d@k400': (('Adam', 1e-3, 1e-5, 128, None), 350, [250, 280, 300, 340]),
    'coclr/r3d18@ucf101': (
        ('Adam', 1e-3, 1e-5, 64, None),
        600,
        [250, 280, 300, 380, 400, 480, 500, 580],
    ),
    'ctp/r3d18@k400': (CTP, 90, [30, 60]),
    'ctp/r3d18@ucf101': (CTP, 300, [100, 200]),
    # 0.1 for each 64 of the batch
    'rspnet/r3d18@k400': (('SGD', 0.4, 1e-4, 256, None), 200, None),
    'rspnet/r3d18@ucf101': (('SGD', 0.4, 1e-4, 256, None), 300, None),
    'pcl/r3d18@k400': (('SGD', 0.03, 1e-4, 256, None), 200, None),
    'pcl/r3d18@ucf101': (('SGD', 0.03, 1e-4, 256, None), 300, None),
    'tclr/r3d18@k400': (('Adam', 1e-3, 1e-9, 40, None), 100, [50, 75]),
    'tclr/r3d18@ucf101': (('Adam', 1e-3, 1e-9, 40, None), 400, [200, 300]),
    'dpc/r3d18@k400': (('Adam', 1e-3, 1e-5, 128, None), 300, None),
    'dpc/r3d18@ucf101': (('Adam', 1e-3, 1e-5, 128, None), 300, None),
    'dpc/r2d3d34@k400': (('Adam', 1e-3, 1e-5, 40, None), 150, None),
    'byol/r3d18@k400': (('SGD', 0.05, 1e-4, 256, None), 200, None),
    'byol/r3d18@ucf101': (('SGD', 0.05, 1e-4, 256, None), 300, None),
    'memdpc/r2d3d34@k400': (('Adam', 1e-3, 1e-5, 64, None), 200, [120, 160]),
    'memdpc/r2d3d34@ucf101': (('Adam', 1e-3, 1e-5, 32, None), 500, [300, 400]),
    'mlfo/r3d18@k400': (('Adam', 1e-3, 1e-5, 256, None), 100, [70]),
    'mlfo/r3d18@ucf101': (('Adam', 1e-3, 1e-5, 256, None), 300, [200]),
    'mlfo/r3d18@k400+official': (('Adam', 1e-3, 1e-5, 256, None), 100, [70]),
    'mlfo/r3d18@ucf101+official': (('Adam', 1e-3, 1e-5, 256, None), 300, [200]),
    'moco/r3d18@k400': (('SGD', 0.03, 1e-4, 256, None), 200, None),
    'moco/r3d18@ucf101': (('SGD', 0.03, 1e-4, 256, None), 300, None),
    'pace/r2plus1d@k400': (('SGD', 1e-3, 5e-3, 16, None), 18, [6, 12]),
    'pace/r3d18@ucf101': (('SGD', 1e-3, 5e-3, 16, None), 90, [30, 60]),
    'rotnet3d/r3d18@k400': (CTP, 90, [30, 60]),
    'rotnet3d/r3d18@ucf101': (CTP, 300, [100, 200]),
    'cvrl/r3d18@k400': (CVRL, 200, None),
    'cvrl/r3d18@ucf101': (CVRL, 300, None),
    'simclr/r3d18@k400': (('Adam', 1e-3, 1e-5, 256, None), 100, [70]),
    'simclr/r3d18@ucf101': (('Adam', 1e-3, 1e-5, 256, None), 300, [200]),
    # 0.05 * 512 / 256
    'simsiam/r3d18@k400': (('SGD', 0.1, 1e-4, 512, None), 100, None),
    'simsiam/r3d18@ucf101': (('SGD', 0.1, 1e-4, 512, None), 300, None),
    'speednet/s3dg@k400': (CTP, 90, [30, 60]),
    'speednet/r3d18@ucf101': (CTP, 300, [100, 200]),
    'speednet/r3d18@k400+ctp7': (CTP, 90, [30, 60]),
    'speednet/r3d18@ucf101+ctp7': (CTP, 300, [100, 200]),
    'swav/r3d18@k400': (('SGD', 0.05, 1e-4, 256, None), 200, None),
    'swav/r3d18@ucf101': (('SGD', 0.05, 1e-4, 256, None), 300, None),
    # 1e-4 of a weight in each step, whatever the learning rate
    'temptrans/r3d18@k400': (('AdamW', 3e-4, 1e-4 / 3e-4, 16, None), 90, None),
    'temptrans/r3d18@ucf101': (('AdamW', 3e-4, 1e-4 / 3e-4, 16, None), 200, None),
    'vcop/r3d18@k400': (('SGD', 1e-3, 1e-4, 32, 40), 90, [30, 60]),
    'vcop/r2plus1d@ucf101': (('SGD', 1e-3, 5e-4, 8, None), 300, None),
}
_lower = {
    f'levels.{level}.{key}': value
    for level, weight in (('mid', 0.5), ('low', 0.3))
    for key, value in {
        'excitation.reduction': 16,
        'motion.temperature': 0.07,
        'motion.loss_weight': weight,
        'retrieval.temperature': 0.07,
        'retrieval.loss_weight': weight,
        'graph.temperature': 0.07,
        'graph.threshold': 0.05,
        'graph.loss_weight': weight,
    }.items()
}
CONSTANTS = {  # of the objective and the sampler (`sampler.` stands for the second step)
    'prp/r2plus1d@ucf101': {
        'sampler.rates': (1, 2, 4, 8), 'sampler.clip_len': 16, 'sampler.shared_crop': True,
        'head.tasks': dict(rate=4), 'head_weight': 0.1, 'decoder.channels': (512, 256, 128, 64),
        'decoder.rectify': True, 'reconstruction.low': 0.8, 'reconstruction.high': 2.0,
    },
    'st_puzzle/r3d18@k400': {
        'sampler.clip_len': 16, 'sampler.cell_len': 32, 'sampler.spatial': 0.5,
        'head.num_classes': 24, 'head.num_clips': 4,
    },
    'sts/r3d18@ucf101': {
        'sampler.clip_len': 16, 'sampler.frame_interval': 1, 'sampler.num_clips': 1,
        'head.tasks': dict(motion=14, appearance=13),
        'head.weights': dict(motion=1.0, appearance=0.1),
    },
    'vcp/r3d@ucf101': {
        'sampler.clip_len': 16, 'sampler.gap': 8, 'sampler.distance': 16, 'head.num_classes': 5,
        'head.num_clips': 3,
    },
    'dsm/i3d@ucf101': {
        'projection.num_layers': 1, 'projection.out_channels': 128, 'contrast.temperature': 0.07,
        'queue_size': 3569, 'momentum': 0.999, 'num_warps': 3,
        'sampler.clip_len': 16, 'sampler.frame_interval': 4,
    },
    'taco/r3d@k400': {
        'head.tasks': dict(speed=3, reverse=2, shuffle=2, rotation=4), 'contrast.temperature': 0.1,
        'sampler.paces': (1, 2, 4), 'sampler.num_pieces': 4,
    },
    'ccl/r3d18@k400': {
        'projection.num_layers': 2, 'projection.out_channels': 128, 'cycle.temperature': 0.1,
        'contrast.temperature': 0.1,
    },
    'cbt/r3d18@k400': {
        'num_blocks': 8, 'embedding_dim': 256, 'num_layers': 2, 'num_heads': 4, 'mask_share': 0.25,
        'prediction.temperature': 0.07, 'sampler.block_len': 8, 'sampler.num_blocks': 8,
        'sampler.frame_interval': 4,
    },
    'coclr/s3d@k400': {
        'projection.num_layers': 2, 'projection.batch_norm': False, 'projection.out_channels': 128,
        'contrast.temperature': 0.07, 'queue_size': 16384, 'momentum': 0.999, 'topk': 5,
        'first_stage': 6 / 7, 'cycles': 1, 'sampler.mode': 'uniform', 'sampler.frame_interval': 1,
        'sampler.clip_len': 32,
    },
    'coclr/r3d18@ucf101': {'queue_size': 2048, 'first_stage': 0.5, 'cycles': 2},
    'ctp/r3d18@k400': {
        'sampler.paces': (1, 2, 3, 4, 5), 'head.hidden_channels': 512, 'head.roi_size': 5,
        'head.clip_len': 16, 'levels': (-1,),
        'backbone.spatial_strides': (1, 2, 2, 1), 'backbone.with_pool1': False,
    },
    'rspnet/r3d18@k400': {
        'projection.num_layers': 1, 'projection.out_channels': 128, 'queue_size': 16384,
        'momentum': 0.999, 'contrast.temperature': 0.07, 'ranking.temperature': 0.07,
        'ranking.margin': 2.0, 'sampler.frame_interval': 1, 'sampler.speeds': (1, 2),
    },
    'pcl/r3d18@k400': {
        'projection.num_layers': 2, 'projection.batch_norm': False, 'projection.out_channels': 128,
        'contrast.temperature': 0.2, 'temperature': 0.2, 'queue_size': 16384, 'momentum': 0.999,
        'num_negatives': 16384, 'warmup_epochs': 20, 'num_clusters': (4700, 9400, 18800),
    },
    'pcl/r3d18@ucf101': {'num_clusters': (190, 370, 740), 'warmup_epochs': 30, 'queue_size': 2048},
    'tclr/r3d18@ucf101': {  # sums of 56 over 4, of a batch of 40, of 4 steps and 4 pairs of views
        'projection.num_layers': 2, 'projection.hidden_channels': 512, 'projection.out_channels': 128,
        **{f'{term}.{key}': value
           for term, weight in (('local_instance', 56 / 4), ('local_local', 40.0),
                                ('global_local', 4 * 4.0))
           for key, value in (('temperature', 0.1), ('loss_weight', weight))},
        'global_instance.temperature': 0.1, 'global_local.symmetric': True,
        'backbone.temporal_strides': (1, 2, 2, 1),
        'sampler.clip_len': 16, 'sampler.frame_interval': 4, 'sampler.num_local': 4,
    },
    'dpc/r2d3d34@k400': {
        'predict_steps': 3, 'dropout_ratio': 0.1, 'init_gain': 1.0, 'feature_size': None,
        'sampler.block_len': 5, 'sampler.num_blocks': 8, 'sampler.frame_interval': 3,
    },
    'mlfo/r3d18@k400': {
        'embedding_dim': 128, 'first_stage': 0.2, 'augmentations': ('reverse', 'shuffle'),
        'levels.high.instance.temperature': 0.07, 'levels.high.instance.loss_weight': 1.0, **_lower,
        'prototypes.num_prototypes': 1000, 'prototypes.epsilon': 0.05, 'prototypes.num_iters': 3,
        'prototypes.queue_size': 1024, 'prototypes.queue_begin_epoch': 10,
        'prototypes.freeze_epochs': 1, 'prototypes.loss.temperature': 0.1,
        'prototypes.loss.loss_weight': 0.25,
        'sampler.max_rate': 3.0, 'sampler.long_view': 'strided',
    },
    'mlfo/r3d18@ucf101': {'first_stage': 1 / 6, 'prototypes.num_prototypes': 1000},
    'mlfo/r3d18@k400+official': {
        'augmentations': ('reverse',), 'prototypes.num_prototypes': 1000,
        'prototypes.long_in_batch_norm': True, 'prototypes.batch_in_queue': True,
        **{f'levels.{level}.augment_long': True for level in ('mid', 'low')},
    },
    'mlfo/r3d18@ucf101+official': {'first_stage': 1 / 6, 'prototypes.num_prototypes': 200},
    'simclr/r3d18@k400': {
        'levels.high.instance.temperature': 0.07, 'prototypes': None, 'sampler.long_view': 'none',
    },
    'pace/r3d18@k400': {'head.tasks': dict(pace=4), 'sampler.paces': (1, 2, 3, 4)},
    'pace/r3d18@k400+contrast': {
        'contrast.temperature': 0.07, 'contrast.loss_weight': 0.1, 'projection.out_channels': 128,
    },
    'cvrl/r3d18@k400': {
        'projection.num_layers': 4, 'projection.hidden_channels': 2048, 'projection.out_channels': 128,
        'contrast.temperature': 0.1, 'contrast.loss_weight': 2,
        'sampler.mode': 'cvrl', 'sampler.frame_interval': 2,
    },
    'moco/r3d18@k400': {
        'projection.num_layers': 2, 'projection.batch_norm': False, 'projection.out_channels': 128,
        'contrast.temperature': 0.2, 'queue_size': 65536, 'momentum': 0.999,
        'sampler.mode': 'uniform', 'sampler.frame_interval': 2,
    },
    'moco/r3d18@ucf101': {'queue_size': 2048},
    'byol/r3d18@k400': {
        'projection.num_layers': 2, 'projection.hidden_channels': 4096, 'projection.out_channels': 256,
        'momentum': 0.996,
    },
    'simsiam/r3d18@k400': {
        'projection.num_layers': 3, 'projection.out_channels': 2048,
        'predictor.num_layers': 2, 'predictor.hidden_channels': 512,
        'prediction.loss_weight': 0.25, 'backbone.zero_init_residual': True,
    },
    'swav/r3d18@k400': {
        'embedding_dim': 128, 'queue_size': 3840, 'queue_begin_epoch': 15,
        'prototypes.num_prototypes': 1000, 'prototypes.epsilon': 0.05, 'prototypes.num_iters': 3,
        'prototypes.freeze_epochs': 1, 'prototypes.loss.temperature': 0.1,
        'prototypes.loss.loss_weight': 0.5,
    },
    'swav/r3d18@ucf101': {'prototypes.num_prototypes': 300},
    'memdpc/r2d3d34@k400': {
        'predict_steps': 3, 'memory_size': 1024, 'dropout_ratio': 0.1, 'feature_size': None,
        'sampler.block_len': 5, 'sampler.num_blocks': 8, 'sampler.frame_interval': 3,
    },
    'vcop/r2plus1d@ucf101': {'sampler.num_clips': 3, 'sampler.gap': 8, 'sampler.clip_len': 16},
    'rotnet3d/r3d18@k400': {'sampler.paces': (1, 2, 3, 4, 5)},
    'speednet/r3d18@k400+ctp7': {'sampler.paces': (-4, -2, -1, 0, 1, 2, 4)},
    'temptrans/r3d18@k400': {'sampler.max_speed': 3},
}  # fmt: skip
