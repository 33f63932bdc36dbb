"""SlowFast of R3D-18's depth (arXiv 1812.03982)."""

from mlfo_mm.models import SlowFast

backbone_name = 'slowfast'
backbone = dict(type=SlowFast)
backbone_at = dict(
    # 8 frames: a slow frame of 2, so that levels have the 4 steps of 16 frames
    small=dict(backbone=dict(base_channels=16, resample_rate=2, speed_ratio=2)),
    smoke=dict(backbone=dict(base_channels=8)),
)
