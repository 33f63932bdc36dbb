"""VCOP: what it adds to a backbone."""

from mlfo_mm.models import OrderHead, PretextClassifier

method = 'vcop'
variant = 'paper'
_pretext = dict(
    type=PretextClassifier,
    head=dict(type=OrderHead, num_clips=3, hidden_channels=512, dropout_ratio=0.5),
)
