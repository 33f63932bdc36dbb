"""Pace: what it adds to a backbone."""

from mlfo_mm.models import ClipHead, PretextClassifier

method = 'pace'
variant = 'default'
_pretext = dict(
    type=PretextClassifier,
    head=dict(type=ClipHead, tasks=dict(pace=4)),
)
