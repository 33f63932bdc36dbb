"""What contrasts of two views share: weight, accuracy, and which similarities a subclass says."""

from __future__ import annotations

import pytest
import torch

from mlfo_mm.models import NTXentLoss, TemporalContrastLoss
from mlfo_mm.models.losses._two_views import TwoViewContrastLoss


def test_loss_and_accuracy_of_the_similarities():
    class Given(TwoViewContrastLoss):
        @staticmethod
        def logits(z1, z2, temperature):
            return z1 @ z2.mT / temperature, torch.arange(len(z1))

    z1, z2 = torch.eye(3), torch.eye(3)[[0, 2, 1]]  # two are taken for each other
    loss, accuracy = Given(0.5, 2.0).loss_and_accuracy(z1, z2)
    right, wrong = -torch.log_softmax(torch.tensor([2.0, 0, 0]), 0)[:2]
    torch.testing.assert_close(loss, 2 * (right + 2 * wrong) / 3)
    assert accuracy == pytest.approx(1 / 3)
    assert Given(0.5, 2.0)(z1, z2) == loss


@pytest.mark.parametrize('kind', [NTXentLoss, TemporalContrastLoss])
def test_temperature_must_be_positive(kind):
    with pytest.raises(ValueError, match='temperature'):
        kind(temperature=0.0)


def test_a_subclass_says_which_similarities():
    with pytest.raises(NotImplementedError):
        TwoViewContrastLoss(0.1, 1.0)(torch.eye(2), torch.eye(2))
