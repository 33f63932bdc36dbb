"""MemDPC: what it adds to a backbone."""

from mlfo_mm.models import DensePredictionLoss, MemDPC

method = 'memdpc'
variant = 'paper'
_prediction = dict(
    type=MemDPC,
    prediction=dict(type=DensePredictionLoss),
    feature_size=256,
    predict_steps=3,
    memory_size=1024,
    dropout_ratio=0.1,
)
