"""What the data counted in an epoch goes to the log; the seeds are tested by whole runs."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from mlfo_mm.engine.hooks import EpochSignalHook


class Data(list):
    def __init__(self, **stats):
        super().__init__(range(8))
        self.stats = dict(looped=0, replaced=0, names=[]) | stats

    def share_counts(self, reduce):
        self.shared = True

    def read_stats(self):
        return self.stats


def test_the_model_knows_how_much_of_the_training_is_done():
    model = SimpleNamespace(progress=0.0)
    runner = SimpleNamespace(model=model, iter=3, max_iters=10)
    EpochSignalHook().before_train_iter(runner, 3)
    assert model.progress == 0.3


@pytest.mark.parametrize(
    ('data', 'said'),
    [
        ([1, 2], []),  # a data set of another kind
        (Data(), []),
        (Data(looped=3), ['data: 3 of 8 videos shorter than the sampled window (looped), 0 undec']),
        (Data(replaced=6, names=list('abcdef')), ['6 undecodable (replaced): a, b, c, d, e']),
    ],
)
def test_counts_of_an_epoch(data, said):
    lines = []
    runner = SimpleNamespace(
        train_dataloader=SimpleNamespace(dataset=data), logger=SimpleNamespace(info=lines.append)
    )
    EpochSignalHook().after_train_epoch(runner)
    assert len(lines) == len(said)
    assert all(text in line for text, line in zip(said, lines, strict=True))
