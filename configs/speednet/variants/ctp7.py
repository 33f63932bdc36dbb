"""SpeedNet as microsoft/CtP has it: seven classes of speed, direction and standstill."""

from mmaction.datasets.transforms import Resize
from mmengine.config import read_base

from mlfo_mm.datasets.transforms import SamplePace
from mlfo_mm.models import ClipHead

with read_base():
    from ...views.ctp import views as _views

variant = 'ctp7'
sampler = dict(
    _delete_=True, type=SamplePace, clip_len='${clip_len}', paces=(-4, -2, -1, 0, 1, 2, 4)
)
model = dict(
    head=dict(
        _delete_=True,
        type=ClipHead,
        tasks=dict(speed=7),
        dropout_ratio=0.5,
        init_cfg=dict(type='Normal', layer='Linear', std=0.001),
    )
)
_views.rescale.transforms = [
    [dict(type=Resize, scale=(-1, f'${{crop_size*{sevenths}/7}}'))] for sevenths in (7, 8, 9)
]  # 112, 128 and 144 for crops of 112
variant_at = dict(
    paper=dict(views=dict(_delete_=True, **_views)), small=dict(sampler=dict(num_clips=2))
)
