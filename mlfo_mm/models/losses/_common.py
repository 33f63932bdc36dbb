"""What the objectives share: precision, cosine similarity, checks and monitors."""

from __future__ import annotations

import math

import torch
from torch import Tensor


def as_float(*tensors: Tensor) -> list[Tensor]:
    """Bring tensors to float32, or to float64 if any of them is float64."""
    double = any(tensor.dtype == torch.float64 for tensor in tensors)
    return [tensor.to(torch.float64 if double else torch.float32) for tensor in tensors]


def unit(x: Tensor) -> Tensor:
    """L2-normalise the last axis; a zero vector stays zero and gets no huge gradient.

    What is not finite stays so: a broken embedding must show in the loss.
    """
    norm = x.norm(dim=-1, keepdim=True)
    return torch.where(norm <= 1e-12, torch.zeros_like(x), x / norm.clamp_min(1e-12))


def dot(a: Tensor, b: Tensor) -> Tensor:
    """``(..., N, C) x (..., M, C) -> (..., N, M)`` in the inputs' precision, autocast or not."""
    with torch.autocast(a.device.type, enabled=False):
        return a @ b.mT


def check_pair(name: str, z1: Tensor, z2: Tensor, min_samples: int = 2) -> None:
    """Raise ValueError unless both views are (N, C) with N >= ``min_samples``."""
    if z1.dim() != 2 or z1.shape != z2.shape:
        raise ValueError(
            f'{name} needs two views of the same shape (N, C), '
            f'got {tuple(z1.shape)} and {tuple(z2.shape)}'
        )
    if len(z1) < min_samples:
        samples = f'{min_samples} sample{"s" if min_samples > 1 else ""}'
        raise ValueError(
            f'{name} needs at least {samples} in the (gathered) batch, got {len(z1)}: '
            'raise the batch size'
        )


def check_prototypes(name: str, *scores: Tensor) -> None:
    """Raise ValueError unless all tensors share one shape (B, K) with B >= 1 and K >= 2."""
    shapes = [tuple(score.shape) for score in scores]
    if scores[0].dim() != 2 or len(set(shapes)) > 1:
        raise ValueError(f'{name} needs tensors of one shape (B, K), got {shapes}')
    if scores[0].shape[0] < 1:
        raise ValueError(f'{name} needs at least 1 sample, got an empty batch')
    if scores[0].shape[1] < 2:
        raise ValueError(
            f'{name} needs at least 2 prototypes, got {scores[0].shape[1]}: raise num_prototypes'
        )


def check_positive(**values: float) -> None:
    """Raise ValueError for the first value that is not above 0."""
    for name, value in values.items():
        if not value > 0:
            raise ValueError(f'{name} must be above 0, got {value}')


def check_choice(key: str, value: str, choices: tuple[str, ...]) -> None:
    """Raise ValueError if the value of a config key is none of its choices."""
    if value not in choices:
        raise ValueError(f'{key} must be one of {", ".join(choices)}; got {value!r}')


@torch.no_grad()
def contrast_accuracy(logits: Tensor, targets: Tensor) -> Tensor:
    """Share of rows whose target scores strictly highest, in [0, 1]; NaN without any row.

    Ties count as misses, so that a collapsed network scores 0 and not whatever argmax happens to
    pick.

    Args:
        logits: (M, K).
        targets: (M,) column of the positive; rows with a negative one do not count.
    """
    asked = targets >= 0
    positive = logits.gather(1, targets.clamp_min(0)[:, None])  # (M, 1)
    hits = ((logits >= positive).sum(1) == 1) & asked
    return hits.sum().to(logits.dtype) / asked.sum()


@torch.no_grad()
def embedding_std(z: Tensor) -> Tensor:
    """Spread of the L2-normalised embeddings: 0 when collapsed, about 1 when uniform on the sphere.

    Mean over the channels of the standard deviation over the batch, times sqrt(C); z is (N, C).
    """
    (z,) = as_float(z)
    return unit(z).std(dim=0, correction=0).mean() * math.sqrt(z.shape[1])


@torch.no_grad()
def explained(predicted: Tensor, target: Tensor, weights: Tensor | None = None) -> Tensor:
    """Share of the targets' spread that a regression explains: 1 where it is right, 0 by their means.

    The means are those of all targets that rows are drawn from, so the spread of each column is the
    unbiased one: the few rows of a batch lie nearer to their own means. Tensors are (N, C), weights too.
    """
    predicted, target = as_float(predicted, target)
    weights = torch.ones_like(target) if weights is None else as_float(weights)[0]
    total = weights.sum(0).clamp_min(1e-12)
    rows = total.square() / weights.square().sum(0).clamp_min(1e-12)  # that the weights amount to
    means = (weights * target).sum(0) / total
    own = (weights * (target - means).square()).sum(0)
    spread = (own * rows / (rows - 1).clamp_min(1e-12)).sum()
    return 1 - (weights * (target - predicted).square()).sum() / spread.clamp_min(1e-12)
