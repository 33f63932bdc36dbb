"""TempTrans: what it adds to a backbone."""

from mlfo_mm.models import ClipHead, PretextClassifier

method = 'temptrans'
variant = 'paper'
_pretext = dict(
    type=PretextClassifier,
    head=dict(type=ClipHead, tasks=dict(transformation=4, speed=4)),
)
