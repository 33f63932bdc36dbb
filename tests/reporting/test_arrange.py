"""Many methods on one page: groups, the order of a column, what is said once; the HTML page."""

from __future__ import annotations

import pytest

from mlfo_mm.errors import UserError
from mlfo_mm.reporting.compare import build_comparison, compare
from mlfo_mm.study.profiles import PROFILES
from mlfo_mm.study.records import write_record
from tests.reporting import crafted
from tests.reporting.conftest import build, build_pretraining
from tests.reporting.grids import heads, texts

DEMO = PROFILES['demo']
# top-1 of the linear probe; where it is None, of retrieval alone
PROBES = dict(
    moco=35.0, simclr=45.0, byol=30.0, pace=50.0, vcop=None, rotnet3d=20.0, mlfo=60.0, mine=55.0
)
KINDS = [
    'Without pretraining', 'Contrast of instances', 'Agreement without negatives',
    'Order and speed', 'Place, turn, statistics', 'Several at once', 'Others',
]  # fmt: skip


@pytest.fixture
def records():
    found = [*crafted.probe('', 25.0, (0, 1, 2), method='random', pretrain_dataset='none')]
    for place, (method, top1) in enumerate(PROBES.items()):
        if top1 is not None:
            found += crafted.probe('default', top1, method=method)
        else:
            metrics = {'R@1_centred': 30.0}
            found.append(build(method=method, task='retrieval', metrics=metrics))
        cost = dict(params_m=2.0 + place, gflops=1.0, clips_per_s=50.0 - place)
        found.append(build_pretraining(method=method, cost=cost))
    return found


def rows(made, place=0):
    return [row[0] for row in texts(made.page.grids[place])]


def test_kinds_stand_together_in_one_order(records):
    made = build_comparison(['all'], records, DEMO)
    found = rows(made)
    assert [row for row in found if row.startswith('*')] == [f'*{kind}*' for kind in KINDS]
    place = found.index('*Contrast of instances*')
    assert found[:3] == ['Chance', '*Without pretraining*', 'Random weights']
    assert found[place + 1 : place + 3] == ['MoCo v2', 'SimCLR (InfoNCE)']
    assert made.page.title == 'Comparison of 9 methods'
    # no row is lost, in the costs neither
    assert {row for row in found if not row.startswith('*')} >= {'BYOL', 'Pace', 'MLFO', 'mine'}
    assert len([row for row in rows(made, 2) if not row.startswith('*')]) == 9
    flat = build_comparison(['all'], records, DEMO, grouped=False)
    assert not [row for row in rows(flat) if row.startswith('*')] and len(rows(flat)) == 10


def test_sorted_by_a_column_within_groups_and_without(records):
    made = build_comparison(['all'], records, DEMO, sort='LINEAR probe')
    found = rows(made)
    place = found.index('*Contrast of instances*')
    assert found[place + 1 : place + 3] == ['SimCLR (InfoNCE)', 'MoCo v2']
    flat = build_comparison(['all'], records, DEMO, sort='linear probe', grouped=False)
    names = [
        'MLFO', 'mine', 'Pace', 'SimCLR (InfoNCE)', 'MoCo v2', 'BYOL', 'Random weights', 'RotNet',
        'Order (VCOP)',
    ]  # fmt: skip
    # what has no number comes last; costs have no such column, and the same order
    assert rows(flat)[1:] == names == rows(flat, 2)
    costs = build_comparison(['all'], records, DEMO, sort='params (m)', grouped=False)
    assert rows(costs)[1:3] == rows(costs, 2)[:2] == ['MoCo v2', 'SimCLR (InfoNCE)']
    fast = build_comparison(['all'], records, DEMO, sort='clips/s', grouped=False)
    assert rows(fast, 2)[0] == 'MoCo v2' and rows(fast, 2)[7] == 'mine'
    with pytest.raises(
        UserError, match=r"no column 'liner probe' to sort by \(did you mean 'Linear"
    ):
        build_comparison(['all'], records, DEMO, sort='liner probe')


def test_what_all_rows_share_is_said_below(records):
    grid = build_comparison(['all'], records, DEMO).page.grids[0]
    assert list(heads(grid)) == ['Method', 'Linear probe', 'R@1']
    assert grid.notes[:3] == (
        'Backbone: R3D-18.',
        'Pretrained on: digits_motion.',
        'Of 3 seeds where a cell names no other n.',
    )
    cells = {row[0]: list(row[1:]) for row in texts(grid)}
    assert cells['BYOL'] == ['31.5 ± 3.7', '— not run']
    assert cells['Order (VCOP)'] == ['— not run', '30.0 (n=1)']
    # of two pretraining sets the column stays
    records += crafted.probe('default', 33.0, method='moco', pretrain_dataset='digits_class')
    grid = build_comparison(['all'], records, DEMO).page.grids[0]
    assert list(heads(grid))[:2] == ['Method', 'Pretrained on']
    assert [list(row[:2]) for row in texts(grid) if row[0] == 'MoCo v2'] == [
        ['MoCo v2', 'digits_class'],
        ['MoCo v2', 'digits_motion'],
    ]


def test_few_rows_are_left_as_they_are(records):
    grid = build_comparison(['mlfo', 'pace', 'random'], records, DEMO).page.grids[0]
    assert list(heads(grid))[:3] == ['Method', 'Backbone', 'Pretrained on']
    assert rows(build_comparison(['pace', 'mlfo'], records, DEMO)) == ['Chance', 'Pace', 'MLFO']
    made = build_comparison(['pace', 'mlfo'], records, DEMO, sort='Linear probe')
    assert rows(made) == ['Chance', 'MLFO', 'Pace']


def test_the_page_has_every_grid_its_notes_and_the_plot(records, tmp_path):
    for record in [*crafted.probe('default', 41.0), build_pretraining()]:
        write_record(record, tmp_path)
    _, paths = compare(['mlfo'], 'demo', tmp_path)
    page = paths[1].read_text()
    assert paths[1].name == 'compare.html'
    for text in ('<title>mlfo_mm: Comparison: MLFO</title>', '<caption>digits_class</caption>',
                 '<caption>Costs</caption>', '42.5 ± 3.7', '<svg', 'Notes', '--accent'):  # fmt: skip
        assert text in page
    assert '{{' not in page and '{%' not in page
