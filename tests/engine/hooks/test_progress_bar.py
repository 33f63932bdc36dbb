"""The bar of a run on a terminal, and nothing without one."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import torch

from mlfo_mm.engine.hooks import ProgressHook
from mlfo_mm.progress import VARIABLE, read_progress


@pytest.mark.parametrize('force', [False, True])
def test_a_bar_goes_on_where_the_run_does(force, capsys):
    hook, runner = ProgressHook(force), SimpleNamespace(iter=5, max_iters=20, epoch=1, max_epochs=4)
    hook.before_train(runner)
    for step, loss in ((9, 4.0), (10, 1.5)):
        hook.after_train_iter(runner, step, outputs=dict(loss=torch.tensor(loss)))
    assert (hook._bar is not None) == force
    if force:
        assert (hook._bar.n, hook._bar.total, hook._bar.postfix) == (7, 20, 'loss 1.500')
    hook.after_train(runner)
    said = capsys.readouterr().err
    assert ('training:' in said and '5/20' in said) == force and bool(said) == force


def test_whoever_called_is_told_how_far_the_run_is(tmp_path, monkeypatch):
    path = tmp_path / 'told.json'
    monkeypatch.setenv(VARIABLE, str(path))
    hook = ProgressHook()
    runner = SimpleNamespace(iter=5, max_iters=20, epoch=1, max_epochs=4)
    hook.before_train(runner)
    hook.after_train_iter(runner, 0, outputs=dict(loss=torch.tensor(1.0)))
    said = read_progress(path)
    assert (said.what, said.share) == ('epoch 2/4', 6 / 20)
    assert said.left is not None
