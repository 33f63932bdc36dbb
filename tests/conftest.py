"""Fixtures shared by all tests."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import settings

from mlfo_mm import compat, roots  # noqa: F401  (the work-arounds, before anything of MMAction2)
from mlfo_mm.datasets.digits import Settings, make_digits
from mlfo_mm.study.records import Record
from tests.corpus import Corpus, make_corpus

REPO = Path(__file__).resolve().parent.parent

# the same examples in every run, on a machine of any speed
settings.register_profile('project', derandomize=True, deadline=None, database=None)
settings.load_profile('project')


def free_port() -> str:
    """A port of this machine that nobody listens on."""
    with socket.create_server(('127.0.0.1', 0)) as server:
        return str(server.getsockname()[1])


@pytest.fixture(autouse=True, scope='session')
def no_data_of_the_user(tmp_path_factory) -> Iterator[None]:
    """Tests see no data set that lies in the checkout or that the environment names."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv('MLFO_DATA_ROOT', raising=False)
        patch.delenv('MLFO_FRAME_CACHE', raising=False)
        patch.setenv('MLFO_CACHE', str(tmp_path_factory.getbasetemp() / 'cache'))
        patch.setattr(roots, 'DEFAULT', tmp_path_factory.getbasetemp() / 'no_data')
        yield


@pytest.fixture(scope='session')
def digits_root(tmp_path_factory) -> Path:
    """A data root with the digits set in small: 16 training and 8 test clips, both label sets."""
    root = tmp_path_factory.mktemp('data')
    make_digits(root, Settings(num_train=16, num_test=8), workers=1, progress=False)
    return root


@pytest.fixture
def digits(digits_root, monkeypatch) -> Path:
    """The small digits set, found under the default data root."""
    monkeypatch.setenv('MLFO_DATA_ROOT', str(digits_root))
    return digits_root


@dataclass(frozen=True)
class Finetuned:
    """A finetuned model: its files, the folder and root of its data set, and its record."""

    config: Path
    checkpoint: Path
    folder: Path
    data: Path
    record: Record


@pytest.fixture(scope='session')
def finetuned_once(digits_root, tmp_path_factory) -> Finetuned:
    """A smoke run, finetuned on the small digits set; read only."""
    from mlfo_mm.evaluation.evaluate import evaluate
    from mlfo_mm.evaluation.request import Request

    work_dir = tmp_path_factory.mktemp('finetuned')
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv('MLFO_DATA_ROOT', str(digits_root))
        where = dict(dataset='digits_class', run='mlfo/r3d18@smoke', work_dir=work_dir)
        request = Request(checkpoint='none', task='finetune', **where)
        record, _ = evaluate(request, work_dir / 'results')
    (config,) = work_dir.glob('*/classifier.py')
    folder = digits_root / 'digits_class'
    return Finetuned(config, config.parent / 'epoch_2.pth', folder, digits_root, record)


@pytest.fixture
def finetuned(finetuned_once, digits) -> Finetuned:
    """The same, with its data set under the default root."""
    return finetuned_once


@pytest.fixture(scope='session')
def real_data() -> Path:
    """Folder of real data sets in the standard layout, or a skip."""
    root = Path(os.environ.get('MLFO_TEST_DATA', REPO.parent / 'shared' / 'data'))
    if not root.is_dir():
        pytest.skip(f'no real data at {root} (set MLFO_TEST_DATA)')
    return root


@pytest.fixture(scope='session')
def corpus(tmp_path_factory) -> Corpus:
    """Videos of all kinds, sound and broken, in the data set ``world``; read only."""
    corpus = make_corpus(tmp_path_factory.mktemp('corpus') / 'world')
    lines = [f'{name} {number % 2}\n' for number, name in enumerate(corpus.listed())]
    (corpus.folder / 'train.txt').write_text(''.join(lines))
    (corpus.folder / 'test.txt').write_text(''.join(lines))
    (corpus.folder / 'classes.txt').write_text('even\nodd\n')
    return corpus
