"""What a task says where it cannot measure."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from mlfo_mm.errors import UserError
from mlfo_mm.evaluation import tasks
from mlfo_mm.evaluation.inference import Outputs


def test_a_gallery_that_is_smaller_than_every_number_of_neighbours(monkeypatch):
    outputs = Outputs(
        np.ones((2, 1, 3)), np.array([0, 1]), ['a.mp4', 'b.mp4'], 2, [], np.zeros((2, 4))
    )
    monkeypatch.setattr(tasks, 'features', lambda *_: outputs)
    trial = SimpleNamespace(settings=SimpleNamespace(topk=(5, 9)))
    with pytest.raises(UserError, match=r'topk=\[5, 9\]: the gallery has 2 videos only'):
        tasks.retrieval(trial)
