"""CBT, visual branch, R3D-18, pretrained on Kinetics-400: 200 epochs, batch 64 in total (8 GPUs x 8)."""

from mmengine.config import read_base

from mlfo_mm.datasets.transforms import SampleBlocks
from mlfo_mm.models import CBT, MaskedPredictionLoss

with read_base():
    from ..backbones.r3d18 import *
    from ..profiles.paper import *
    from ..schedules.adam import *
    from ..views.mlfo import *

method, variant = 'cbt', 'default'
pretrain_dataset = 'kinetics400'
sampler = dict(type=SampleBlocks, block_len=8, num_blocks=8, frame_interval=4)
views.update(decode=dict(views.decode, scale=None))
model = dict(type=CBT, prediction=dict(type=MaskedPredictionLoss, temperature=0.07))
model.update(num_blocks=8, embedding_dim=256, num_layers=2, num_heads=4, mask_share=0.25)
train_dataloader.update(batch_size=8)
auto_scale_lr.update(base_batch_size=64)
param_scheduler[0].update(milestones=[120, 160])
train_cfg.update(max_epochs=200)
method_at = dict(
    # 20 frames a sample, as MemDPC has them
    small=dict(
        sampler=dict(block_len=4, num_blocks=5, frame_interval=2),
        model=dict(num_blocks=5, embedding_dim=64, mask_share=0.4),
    ),
    smoke=dict(model=dict(embedding_dim=16)),
)
