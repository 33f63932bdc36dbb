"""Every method on batches at the edge, from its own pipeline: loss and gradients stay numbers."""

from __future__ import annotations

import torch
from mmaction.registry import DATASETS
from mmengine.dataset import pseudo_collate

from tests.methods import every_method

# which samples of the data set make the batch
BATCHES = {'plain': [0, 1, 2, 3], 'two': [0, 1], 'duplicates': [0, 0, 1, 1], 'equal': [0, 0, 0, 0]}
# Of the total loss, between autocast and float32; a wrong gradient or term differs by far more.
TOLERANCE = {torch.bfloat16: 0.05, torch.float16: 0.01}
PERTURBED = 4  # times that float32 weights are moved by a rounding, to see what one does to a loss


def loss_of(model, batch, dtype=None) -> torch.Tensor:
    """Total loss of a step, its gradients left in the model; random numbers are always the same."""
    torch.manual_seed(0)
    model.zero_grad()
    enabled = dtype is not None
    with torch.autocast('cpu', dtype=dtype or torch.bfloat16, enabled=enabled):
        logs = model(**batch, mode='loss')
        loss, _ = model.parse_losses(logs)
    loss.backward()
    return loss.detach()


def sensitivity(model, batch, exact: torch.Tensor, dtype: torch.dtype) -> float:
    """The largest relative change of a loss in float32 when its weights move by a rounding of a type.

    Batch norm over a few rows of nearly equal features enlarges any rounding: by 5 % for the four
    layers of CVRL's projection.
    """
    state = {key: value.clone() for key, value in model.state_dict().items()}
    changes = []
    for seed in range(PERTURBED):
        random = torch.Generator().manual_seed(seed)
        with torch.no_grad():
            for weight in model.parameters():
                noise = torch.randn(weight.shape, generator=random)
                weight.mul_(1 + noise * torch.finfo(dtype).eps / 2)
        changes.append(float((loss_of(model, batch) / exact - 1).abs()))
        model.load_state_dict(state)
    return max(changes)


@every_method
def test_edges_and_precision(case, digits):
    config = case.config()
    data = DATASETS.build(config.train_dataloader.dataset)
    samples = [data[index] for index in range(4)]
    model = case.model().train()
    model.set_epoch(1, 2)  # terms of the second stage too
    # queues that are empty have no negatives
    model(**model.data_preprocessor(pseudo_collate(samples), training=True), mode='loss')
    state = {key: value.clone() for key, value in model.state_dict().items()}

    def batch(name: str) -> dict:
        model.load_state_dict(state)
        collated = pseudo_collate([samples[index] for index in BATCHES[name]])
        return model.data_preprocessor(collated, training=True)

    exact = loss_of(model, batch('plain'))
    for dtype, least in TOLERANCE.items():
        tolerance = max(least, 2 * sensitivity(model, batch('plain'), exact, dtype))
        half = loss_of(model, batch('plain'), dtype)
        torch.testing.assert_close(half, exact, rtol=tolerance, atol=0)
    for module in model.modules():
        if hasattr(module, 'temperature'):
            module.temperature = 0.01
    for name, dtype in [*((name, None) for name in BATCHES), ('equal', torch.bfloat16)]:
        loss = loss_of(model, batch(name), dtype)
        broken = [
            key
            for key, parameter in model.named_parameters()
            if parameter.grad is not None and not parameter.grad.isfinite().all()
        ]
        assert loss.isfinite() and not broken, (name, dtype, broken[:3])
    black = batch('plain')
    black['inputs'] = torch.zeros_like(black['inputs'])
    assert loss_of(model, black).isfinite()
