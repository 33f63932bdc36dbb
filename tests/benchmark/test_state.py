"""Markers against what is really there."""

from __future__ import annotations

import os
import zipfile

from mlfo_mm.benchmark.state import files, read, reconcile, write


def test_a_torn_state_is_none(tmp_path):
    path = tmp_path / 'state.json'
    path.write_text('{"status": "runn')
    assert read(path) == read(tmp_path / 'none.json') == {}


def test_what_is_older_than_its_checkpoint_is_to_be_made_again(stand_in, tmp_path):
    plan = stand_in().plan
    checkpoint = plan.job('pretrain/a').checkpoint
    checkpoint.parent.mkdir(parents=True)
    with zipfile.ZipFile(checkpoint, 'w') as archive:
        archive.writestr('weights', b'0')
    record = tmp_path / 'results/records/eval_a.json'
    record.parent.mkdir(parents=True)
    record.write_text('{}')
    marker = files(plan, plan.job('evaluate/a')).marker
    write(marker, products=[str(record)])
    written = marker.stat().st_mtime
    os.utime(checkpoint, (written - 10, written - 10))
    reconcile(plan)
    assert marker.is_file() and files(plan, plan.job('pretrain/a')).marker.is_file()
    os.utime(checkpoint, (written + 10, written + 10))
    reconcile(plan)
    assert not marker.exists() and record.is_file()
