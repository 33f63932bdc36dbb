"""The page of a profile: whole, self-contained, escaped, the same for the same records."""

from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser

import pytest

from mlfo_mm.errors import UserError
from mlfo_mm.reporting.figures.style import Plot
from mlfo_mm.reporting.grid import Page as TablePage
from mlfo_mm.reporting.render.drawings import figure_markup
from mlfo_mm.reporting.report import absent_cells, make_report
from mlfo_mm.reporting.runner_log import failed_jobs
from mlfo_mm.reporting.specs import TableSpec
from mlfo_mm.reporting.tables import Table
from mlfo_mm.study.profiles import PROFILES
from mlfo_mm.study.records import write_record
from tests.reporting import crafted

EVIL = '<script>alert(1)</script>'
VOID = {'meta', 'img', 'br', 'link', 'input', 'hr'}
VIDEOS = tuple(f'{index}.mp4' for index in range(4))
LABELS = (f'grow {EVIL}', 'fall', '" onload="x', 'spin')


class Page(HTMLParser):
    """Collects what a test asks for, and checks that elements close."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def values(self, name):
        return [found[name] for _, found in self.tags if found.get(name)]


@pytest.fixture(scope='module', autouse=True)
def _data_without_videos(tmp_path_factory):
    folder = tmp_path_factory.mktemp('data')
    (folder / 'digits_motion').mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv('MLFO_DATA_ROOT', str(folder))
        yield


@pytest.fixture(scope='module')
def results(tmp_path_factory):
    folder = tmp_path_factory.mktemp('results')
    records = [
        *crafted.sweep_records(),
        *crafted.table_records(),
        crafted.pretrain_record(),
        crafted.pretrain_record(f'x{EVIL}'),
        crafted.neighbours_record(VIDEOS, LABELS),
        *crafted.order_records(VIDEOS, LABELS),
    ]
    for record in records:
        write_record(record, folder)
    state = folder / 'work' / 'benchmark' / 'demo' / 'state' / 'pretrain'
    state.mkdir(parents=True)
    (state / 'mlfo-0.json').write_text('{"status": "failed", "reason": "killed <b>"}')
    (state / 'other.json').write_text('{"status": "done"}')
    (state / 'torn.json').write_text('{"status": ')
    logs = folder / 'work' / 'benchmark' / 'demo' / 'logs' / 'pretrain'
    logs.mkdir(parents=True)
    (logs / 'mlfo-0.log').write_text('\n'.join([f'line {n}' for n in range(40)] + [EVIL]))
    return folder


@pytest.fixture(scope='module')
def page(results):
    path = make_report('demo', results, results / 'work')
    assert path == results / 'report_demo.html'
    return path.read_text(encoding='utf-8')


def test_elements_close_and_ids_are_unique(page):
    parsed = Page(page)
    assert parsed.open == []
    ids = parsed.values('id')
    assert len(ids) == len(set(ids))
    targets = [link[1:] for link in parsed.values('href') if link.startswith('#')]
    assert {'claims', 'tables', 'figures', 'curves', 'missing', 'origin'} <= set(targets)
    assert set(targets) <= set(ids)


def test_nothing_is_fetched(page):
    parsed = Page(page)
    assert [found for tag, found in parsed.tags if tag == 'script'] == [{}]
    assert 'link' not in {tag for tag, _ in parsed.tags}
    assert all(source.startswith('data:image/png') for source in parsed.values('src'))
    assert all(
        link.startswith('#') for link in [*parsed.values('href'), *parsed.values('xlink:href')]
    )
    assert not re.search(r'@import|url\((?!#)|fetch\(|XMLHttp|localStorage', page)


def test_no_script_runs_but_its_own(page):
    (policy,) = [
        found['content']
        for tag, found in Page(page).tags
        if tag == 'meta' and found.get('http-equiv') == 'Content-Security-Policy'
    ]
    script = page[page.index('<script>') + len('<script>') : page.index('</script>')]
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert policy.startswith("default-src 'none'; ") and f"script-src 'sha256-{digest}'" in policy


def test_it_begins_with_a_table_and_a_plot_then_claims(page):
    places = [page.index(f'id="{name}"') for name in ('headline', 'claims', 'tables', 'curves')]
    assert places == sorted(places)
    first = page[places[0] : places[1]]
    assert first.count('<table') == 1 and first.count('<svg role="img"') == 1
    rows = re.findall(r'<tr class="(\w+)"><th scope="row" data-sort="([^"]*)"', first)
    assert rows[0] == ('chance', 'Chance') and rows[1][1] == 'MLFO'
    assert 'Params (M)' not in first and 'protocol:' not in first


def test_the_other_names_of_a_row_stand_below_the_first_one(page):
    assert '<small>R3D-18, digits_motion</small>' in page
    assert '<td class="name">R3D-18</td>' in page


def test_only_what_was_asked_for(tmp_path):
    records = crafted.probe('default', 29.0, (0,), method='simclr')
    for record in records + crafted.probe('ctm', 26.0, (0,)) + crafted.probe('no_lower', 9.0, (0,)):
        write_record(record, tmp_path)
    path = make_report('demo', tmp_path, tables=['2'], methods=['simclr', 'mlfo-ctm'])
    page = path.read_text(encoding='utf-8')
    assert 'id="table2"' in page and 'id="table1"' not in page
    names = set(re.findall(r'data-sort="((?:MLFO|SimCLR|Random)[^"]*)"', page))
    assert 'SimCLR (InfoNCE) *' in names and not any('w/o' in name for name in names)
    with pytest.raises(UserError, match='unknown method'):
        make_report('demo', tmp_path, methods=['simclrr'])
    with pytest.raises(UserError, match='unknown table'):
        make_report('demo', tmp_path, tables=['9'])


def test_shipped_records_stand_beside_ones_own(tmp_path, monkeypatch):
    shipped = tmp_path / 'shipped'
    monkeypatch.setattr('mlfo_mm.study.records.REFERENCE', shipped)
    for record in crafted.probe('default', 40.0, (0,)):
        write_record(record, shipped)
    page = make_report('demo', tmp_path, with_reference=True).read_text(encoding='utf-8')
    assert 'data-sort="MLFO, reference' in page
    assert 'id="headline"' not in make_report('demo', tmp_path).read_text(encoding='utf-8')


def test_data_that_are_not_at_hand_are_one_line(tmp_path):
    page = make_report('paper', tmp_path).read_text(encoding='utf-8')
    lines = re.findall(r'<li>(Not at hand: [^<]*)</li>', page)
    assert len(lines) == len({line.split('.')[0] for line in lines})
    assert any(line.startswith('Not at hand: Kinetics-400, UCF101. Table 1') for line in lines)
    assert 'needs data' not in page[page.index('id="missing"') :]


def test_what_others_wrote_is_escaped(page):
    assert page.count('<script') == 1 and 'alert(1)' in page
    assert '&lt;script&gt;alert(1)&lt;/script&gt;' in page
    assert 'onload' not in [name for _, found in Page(page).tags for name in found]
    assert 'killed &lt;b&gt;' in page


def test_figures_have_texts_and_tables_captions(page):
    parsed = Page(page)
    pictures = [found for tag, found in parsed.tags if tag == 'img']
    assert pictures and all(found.get('alt') for found in pictures)
    drawings = [found for tag, found in parsed.tags if tag == 'svg']
    assert drawings and all(found['role'] == 'img' for found in drawings)
    assert all(found.get('aria-label') for found in drawings)
    tags = [tag for tag, _ in parsed.tags]
    assert tags.count('table') == tags.count('caption')
    assert tags.count('h1') == 1
    heads = [found for tag, found in parsed.tags if tag == 'th']
    assert all(found['scope'] in ('col', 'row') for found in heads)


def test_it_holds_numbers_reasons_and_origin(page):
    assert '<strong>42.5 ± 3.7</strong> (n=3)' in page
    assert 'Learning curves' in page and 'MLFO, R3D-18, on digits_motion, seed 0' in page
    assert '0123456789ab' in page and '2.11.0' in page
    assert 'nothing of table4' not in page  # a table without plots says so in its cells
    assert 'not run: no run yet' in page
    assert '2026-01-01 00:01 UTC' in page
    assert 'line 39' in page and 'line 3\n' not in page


def test_same_records_same_bytes(page, results):
    again = make_report('demo', results, results / 'work').read_text(encoding='utf-8')
    assert again == page


def test_without_records_it_says_what_to_run(tmp_path):
    page = make_report('mini', tmp_path).read_text(encoding='utf-8')
    assert Page(page).open == []
    assert 'python tools/benchmark.py run --profile mini --tables figure3' in page
    assert 'No records yet.' in page and 'No run failed.' in page
    assert not list((tmp_path).glob('figures*'))


def test_unknown_profile(tmp_path):
    with pytest.raises(UserError, match='unknown profile'):
        make_report('dmeo', tmp_path)


def test_a_mistyped_folder_of_results_is_not_made(tmp_path):
    with pytest.raises(UserError, match=r'^no folder .*nosuch: --results names'):
        make_report('mini', tmp_path / 'nosuch')
    assert not (tmp_path / 'nosuch').exists()


def test_rows_without_a_number_stand_under_their_reason():
    lines = [
        'status,reason,label,method,variant,backbone,pretrain,dataset',
        'measured,,MLFO,mlfo,paper,r3d18,kinetics400,ucf101',
        'not run,,MLFO,mlfo,paper,s3d,kinetics400,ucf101',
        'not run,,MLFO,mlfo,paper,s3d,kinetics400,hmdb51',
        'failed,no memory,Random weights,random,,r3d18,none,ucf101',
        'quoted,,MLFO,mlfo,paper,s3d,kinetics400,hmdb51',
    ]
    fields, *values = (line.split(',') for line in lines)
    found = tuple(dict(zip(fields, each, strict=True)) for each in values)
    page = TablePage('T', 'mini', '', ())
    table = Table(TableSpec('t', 'T'), page, tuple(fields), found)
    small, large = (absent_cells(table, PROFILES[name]) for name in ('mini', 'paper'))
    assert [(item.status, item.reason, item.rows) for item in small] == [
        ('failed', 'no memory', ('Random weights, R3D-18: UCF101',)),
        ('not run', 'no run yet', ('MLFO, S3D, row of Kinetics-400: UCF101, HMDB51',)),
    ]
    assert large[1].rows == ('MLFO, S3D, pretrained on Kinetics-400: UCF101, HMDB51',)


def test_drawings_share_a_page_without_sharing_ids():
    svg = (
        b'<?xml version="1.0"?><svg width="9pt" viewBox="0 0 90 60"><metadata>x</metadata>'
        b'<defs><path id="a" style="fill: #24292f"/></defs><use href="#a" clip-path="url(#a)"/></svg>'
    )
    shown = figure_markup(Plot('figure 1', 'T', 'C', 'says "so"', dict(svg=svg)))
    assert 'aria-label="says &#34;so&#34;"' in shown and 'metadata' not in shown
    assert 'id="figure-1-a" style="fill: var(--ink)"' in shown
    assert 'href="#figure-1-a" clip-path="url(#figure-1-a)"' in shown


def test_jobs_of_a_folder_that_is_not_there(tmp_path):
    assert failed_jobs(tmp_path / 'none', 'demo') == []


def test_a_failed_job_without_a_log_keeps_its_reason(tmp_path):
    state = tmp_path / 'benchmark' / 'demo' / 'state'
    state.mkdir(parents=True)
    (state / 'tables.json').write_text('{"status": "failed"}')
    (job,) = failed_jobs(tmp_path, 'demo')
    assert (job.name, job.reason, job.tail) == ('tables', 'unknown', '')
