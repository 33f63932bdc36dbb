"""The paper's full objective: pace, and 0.1 times the contrast of the clips' contexts."""

from mlfo_mm.models import NTXentLoss, ProjectionMLP

variant = 'contrast'
model = dict(
    contrast=dict(type=NTXentLoss, temperature=0.07, loss_weight=0.1),
    projection=dict(type=ProjectionMLP, out_channels=128),
)
