"""SpeedNet as microsoft/CtP has it: seven classes of speed, direction and standstill."""

from mlfo_mm.models import ClipHead, PretextClassifier

method = 'speednet'
variant = 'ctp7'
_pretext = dict(
    type=PretextClassifier,
    head=dict(
        type=ClipHead,
        tasks=dict(speed=7),
        dropout_ratio=0.5,
        init_cfg=dict(type='Normal', layer='Linear', std=0.001),
    ),
)
