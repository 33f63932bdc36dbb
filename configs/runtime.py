"""What every training shares: reader, loader, hooks, checkpoints, logs, environment."""

from mmengine.dataset import DefaultSampler
from mmengine.hooks import (
    CheckpointHook,
    DistSamplerSeedHook,
    IterTimerHook,
    LoggerHook,
    ParamSchedulerHook,
    RuntimeInfoHook,
)
from mmengine.runner import EpochBasedTrainLoop, LogProcessor
from mmengine.visualization import LocalVisBackend, TensorboardVisBackend, Visualizer

from mlfo_mm.datasets.transforms import OpenVideo
from mlfo_mm.datasets.video_list import VideoListDataset
from mlfo_mm.engine.hooks import EpochSignalHook, LossGuardHook, ProgressHook

custom_imports = dict(imports=['mlfo_mm.components'], allow_failed_imports=False)
default_scope = 'mmaction'

time_padding = 'zeros'
reader = dict(type=OpenVideo)
train_dataloader = dict(
    batch_size=32,
    num_workers=8,
    persistent_workers=True,
    pin_memory=True,
    drop_last=True,
    sampler=dict(type=DefaultSampler, shuffle=True),
    dataset=dict(type=VideoListDataset, subset='train'),
)
train_cfg = dict(type=EpochBasedTrainLoop, max_epochs=100)
default_hooks = dict(
    runtime_info=dict(type=RuntimeInfoHook),
    timer=dict(type=IterTimerHook),
    logger=dict(type=LoggerHook, interval=20),
    param_scheduler=dict(type=ParamSchedulerHook),
    sampler_seed=dict(type=DistSamplerSeedHook),
    checkpoint=dict(
        type=CheckpointHook,
        interval=1,
        max_keep_ckpts=2,
        save_last=True,
        backend_args=dict(backend='atomic'),
    ),
)
custom_hooks = [
    dict(type=EpochSignalHook),
    dict(type=LossGuardHook, interval=10),
    dict(type=ProgressHook),
]
env_cfg = dict(
    cudnn_benchmark=True,
    mp_cfg=dict(mp_start_method='fork', opencv_num_threads=0),
    dist_cfg=dict(backend='nccl'),
)
log_processor = dict(type=LogProcessor, window_size=20, by_epoch=True)
vis_backends = [dict(type=LocalVisBackend), dict(type=TensorboardVisBackend)]
visualizer = dict(type=Visualizer, vis_backends=vis_backends)
log_level = 'INFO'
load_from = None
resume = False
launcher = 'none'
randomness = dict(seed=0, deterministic=False, diff_rank_seed=False)
# the parts of a later stage get no gradient before it begins
model_wrapper_cfg = dict(type='MMDistributedDataParallel', find_unused_parameters=True)
