"""SpeedNet: what it adds to a backbone."""

from mlfo_mm.models import ClipHead, PretextClassifier

method = 'speednet'
variant = 'paper'
_pretext = dict(
    type=PretextClassifier,
    head=dict(type=ClipHead, tasks=dict(speed=1), pool='spatial_max'),
)
