"""Section 4.2 of MLFO's paper (arXiv 2108.02183), sentence by sentence, against the configs."""

from __future__ import annotations

import pytest

from mlfo_mm.engine.config import load_config, load_task

BACKBONES = ('r3d18', 's3d')  # 'Self-supervised Pretraining', sentence 1; SlowFast: section 4.4
SETS = ('k400', 'ucf101')
runs = pytest.mark.parametrize('at', SETS)
backbones = pytest.mark.parametrize('backbone', (*BACKBONES, 'slowfast'))


@runs
@backbones
def test_pretraining(backbone, at):
    """'Self-supervised Pretraining', in the order of its sentences."""
    config = load_config(f'mlfo/{backbone}@{at}')
    # shuffle and reverse are the two temporal transformations
    assert config.model.augmentations == ('reverse', 'shuffle')
    # 32 frames, two clips of 16 of them, at 112 x 112
    assert (config.clip_len, config.crop_size) == (16, 112)
    # the first stage has Eq. 5 alone, the second Eq. 10 as well: no term has a beginning of its own
    terms = [
        term
        for level in config.model.levels.values()
        for part, term in level.items()
        if part in ('instance', 'motion', 'retrieval', 'graph')
    ]
    assert len(terms) == 7 and not any('begin_epoch' in term for term in terms)
    # batch size 256: 8 processes of 32
    assert config.train_dataloader.batch_size * 8 == config.auto_scale_lr.base_batch_size == 256
    # 1000 prototypes by default, a queue of length 1024
    assert config.model.prototypes.num_prototypes == 1000
    assert config.model.prototypes.queue_size == 1024
    # 100 epochs on Kinetics-400, 300 on UCF-101
    assert config.train_cfg.max_epochs == dict(k400=100, ucf101=300)[at]
    # Adam, initial learning rate 1e-3, weight decay 1e-5
    optimizer = config.optim_wrapper.optimizer
    assert optimizer.type.__name__ == 'Adam'
    assert (optimizer.lr, optimizer.weight_decay) == (1e-3, 1e-5)
    # decayed by 10 at epoch 70 for Kinetics-400, 200 for UCF-101
    (schedule,) = config.param_scheduler
    assert schedule.type.__name__ == 'MultiStepLR' and schedule.by_epoch
    assert (schedule.milestones, schedule.gamma) == (dict(k400=[70], ucf101=[200])[at], 0.1)


def test_long_clips():
    """'Self-supervised Pretraining', sentence 5: long clips have 32 frames; here an option."""
    assert load_config('mlfo/r3d18@k400').sampler.long_view == 'strided'  # as the released code
    full = load_config('mlfo/r3d18@k400', {'sampler.long_view': 'full'})
    assert full.train_pipeline[1].long_view == 'full'


@pytest.mark.parametrize('task', ['linear_probe', 'finetune'])
def test_action_recognition(task):
    """'Action Recognition': the two settings, 10 clips, the mean of softmax probabilities."""
    config = load_task(task, 'paper')
    assert config.downstream.num_clips == 10 and config.downstream.average == 'prob'
    assert config.downstream.freeze_backbone == (task == 'linear_probe')


def test_retrieval():
    """'Video Retrieval' and Table 4: frozen features, recall at 1, 5, 10 and 20."""
    assert load_task('retrieval', 'paper').downstream.topk == (1, 5, 10, 20)
