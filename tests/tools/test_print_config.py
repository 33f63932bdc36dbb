"""tools/print_config.py: a whole config, which MMAction2's own training tool runs."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib import util
from pathlib import Path

import pytest

from mlfo_mm.engine.config import load_config
from mlfo_mm.evaluation.evaluate import evaluate
from mlfo_mm.evaluation.request import Request
from tests.conftest import REPO

RUN = 'mlfo/r3d18@smoke+one_hot'


def call(*words: object) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, *map(str, words)],
        env=os.environ | {'PYTHONPATH': str(REPO)},
        capture_output=True,
        text=True,
        timeout=300,
    )


def printed(*words: object) -> str:
    done = call(REPO / 'tools/print_config.py', *words)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_text_is_that_of_the_run():
    text = printed(RUN, '--cfg-options', 'crop_size=30', "model.init_cfg={'\x1b[2J': 1}")
    options = {
        'crop_size': 30,
        'model.init_cfg': {'\\x1b[2J': 1},
    }  # what no terminal gets is escaped
    assert text.rstrip() == load_config(RUN, options).pretty_text.rstrip()
    assert 'num_clips=2' in printed(RUN, '--task', 'retrieval')


def test_a_name_that_is_none():
    done = call(REPO / 'tools/print_config.py', 'mlfo/r3d18@smok')
    assert done.returncode == 2
    assert done.stderr == "error: unknown profile 'smok' (did you mean 'smoke'?)\n"


def test_a_protocol_is_no_run():
    done = call(
        REPO / 'tools/print_config.py', REPO / 'configs/tasks/retrieval.py', '--task', 'retrieval'
    )
    assert done.returncode == 2
    assert done.stderr.endswith('the key profile is missing\n') and done.stderr.count('\n') == 1


@pytest.mark.slow
def test_mmaction2_s_own_tool_trains_it(digits, tmp_path):
    path = tmp_path / 'whole.py'
    printed(RUN, '--output', path)
    tool = Path(util.find_spec('mmaction').origin).parent / '.mim/tools/train.py'
    done = call(tool, path, '--work-dir', tmp_path / 'run')
    assert done.returncode == 0, done.stderr[-2000:]
    request = Request(
        checkpoint=str(tmp_path / 'run/epoch_2.pth'),
        task='retrieval',
        dataset='digits_motion',
        work_dir=tmp_path / 'work',
    )
    record, _ = evaluate(request, tmp_path / 'results')
    assert (record.method, record.variant, record.profile) == ('mlfo', 'one_hot', 'smoke')
    assert record.protocol['pretrain_epoch'] == 'last'
