"""Crop, flip, colour, gray and blur on the device, in batches; workers decode and draw the numbers."""

from mlfo_mm.models import AugmentingDataPreprocessor

train_dataloader = dict(dataset=dict(augment='device'))
model = dict(data_preprocessor=dict(type=AugmentingDataPreprocessor))
