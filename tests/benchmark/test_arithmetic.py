"""GPU work of jobs from shipped counts."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mlfo_mm.benchmark.arithmetic import (
    MIB,
    Network,
    Work,
    decode_rate,
    feeding_cores,
    hours,
    network_of,
    networks,
    work_of,
)
from mlfo_mm.errors import UserError
from mlfo_mm.study.identity import Protocol
from mlfo_mm.study.sizes import Size
from tests.conftest import REPO

NETWORK = Network('a', 'default', 'r3d18', 'kinetics400', 240.0, 26.0, 400.0, 250.0, 896)
KEPT = 'default_hooks = dict(checkpoint=dict(interval=1, max_keep_ckpts=2))\n'
ONLINE = (
    KEPT + 'downstream = dict(num_clips=10, freeze_backbone={})\ntrain_cfg = dict(max_epochs=100)'
)
STORED = 'downstream = dict(num_clips=10)'


def sizes(name: str) -> Size | None:
    return None if name == 'nowhere' else Size(1000, 200)


def evaluated(stand_in, text: str, *tasks: str) -> Work | None:
    plan = stand_in().plan
    job = plan.job('evaluate/a')
    for task in tasks:
        plan.protocols[task] = Protocol(1, task, '', 1, 'prob', False, False, text)
    job = replace(job, facts=job.facts | dict(tasks=list(tasks)))
    return work_of(plan, job, sizes, NETWORK)


def test_work_of_a_pretraining(stand_in):
    plan = stand_in().plan
    plan.trained['a'] = replace(plan.trained['a'], text=KEPT + 'train_cfg = dict(max_epochs=100)')
    job = plan.job('pretrain/a')
    assert work_of(plan, job, sizes, NETWORK) == Work(
        240e9 * 100 * 1000, 100 * 1000, checkpoints=2 * 400 * MIB
    )
    assert work_of(plan, job, sizes, None) is None
    plan.trained['a'] = replace(plan.trained['a'], dataset='nowhere')
    assert work_of(plan, job, sizes, NETWORK) is None
    assert work_of(plan, plan.job('tables/x'), sizes, None) == Work()


def test_tasks_on_stored_features_share_them(stand_in):
    one = evaluated(stand_in, STORED, 'retrieval')
    assert one == Work(26e9 * 10 * 1200, 10 * 1200 / 3, features=4 * 896 * 10 * 1200)
    assert evaluated(stand_in, STORED, 'retrieval', 'level_probe') == one
    assert evaluated(stand_in, STORED, 'retrieval', 'order') == one + one  # clips played backwards


@pytest.mark.parametrize(('frozen', 'passes'), [(True, 1), (False, 3)])
def test_a_classifier_is_trained_on_a_clip_of_each_video(stand_in, frozen, passes):
    found = evaluated(stand_in, ONLINE.format(frozen), 'finetune')
    assert found == Work(
        26e9 * (100 * 1000 * passes + 10 * 200), 100 * 1000 + 10 * 200 / 3, 2 * 250 * MIB
    )


def test_the_network_of_a_sweep_and_of_a_padding_is_that_of_its_recipe(stand_in):
    plan = stand_in().plan
    job = plan.job('evaluate/a')
    others = (replace(NETWORK, variant='ctm'), replace(NETWORK, pretrain='pair'), NETWORK)
    assert network_of(plan, job, others) is others[1]  # of its own set first
    for variant, name in (
        ('model.first_stage=0.1', 'default'),
        ('ctm+model.first_stage=0.1', 'ctm'),
        ('time_replicate', 'default'),
        ('ctm+time_replicate', 'ctm'),
    ):
        plan.trained['a'] = replace(plan.trained['a'], variant=variant)
        assert network_of(plan, job, others).variant == name
    plan.trained['a'] = replace(plan.trained['a'], backbone='s3d')
    assert network_of(plan, job, others) is None


def test_cores_feed_gpus_where_both_take_the_same_time():
    rate, work = 40.0, Work(flops=240e9 * 1000, samples=1000)
    cores = feeding_cores(work, 8, rate)
    computed, _ = hours(work.flops, work.samples, 8, rate)
    assert work.samples / (cores * rate) / 3600 == pytest.approx(computed)


def test_shipped_counts_and_files_that_are_none(tmp_path):
    assert len({(n.method, n.variant, n.backbone, n.pretrain) for n in networks()}) > 50
    assert decode_rate() > 0 and decode_rate(tmp_path) is None
    assert networks(tmp_path / 'none.csv') == ()
    path = tmp_path / 'bad.csv'
    path.write_text('method,variant\nmlfo,default\n')
    with pytest.raises(UserError, match='make_gpu_page'):
        networks(path)
    assert (REPO / 'results/estimates/gpu_work.csv').is_file()
