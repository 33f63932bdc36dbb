"""The stored-features probe of ``linear_probe`` on each level of the backbone, at any scale."""

from mmengine.config import read_base

with read_base():
    from .linear_probe import downstream

task_at = dict(
    smoke=dict(downstream=dict(folds=2)),
    mini=dict(downstream=dict(strengths=(1e-2, 1e-1, 1.0, 10.0, 100.0))),
)
