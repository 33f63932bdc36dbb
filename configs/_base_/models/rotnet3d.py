"""RotNet: what it adds to a backbone."""

from mlfo_mm.models import ClipHead, PretextClassifier

method = 'rotnet3d'
variant = 'default'
_pretext = dict(
    type=PretextClassifier,
    head=dict(
        type=ClipHead,
        tasks=dict(rotation=4),
        dropout_ratio=0.5,
        init_cfg=dict(type='Normal', layer='Linear', std=0.001),
    ),
)
