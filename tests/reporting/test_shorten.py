"""What is left out of a table that is read, and the note that says so."""

from __future__ import annotations

from mlfo_mm.reporting.aggregate import Cell
from mlfo_mm.reporting.grid import (
    Column,
    Grid,
    GridRow,
    Measured,
    Missing,
    Number,
    Page,
    Quoted,
    Text,
)
from mlfo_mm.reporting.render.latex import cell_latex, page_latex
from mlfo_mm.reporting.shorten import shortened, shortened_page
from mlfo_mm.reporting.tables import make_tables
from mlfo_mm.study.profiles import PROFILES
from mlfo_mm.study.records import write_record
from tests.reporting.grids import heads, texts

NOT_RUN, FAILED = Missing('not run', 'needs data UCF101'), Missing('failed', 'no memory')
COLUMNS = (
    Column('Method', 'label'),
    Column('A', 'measured'),
    Column('B', 'measured'),
    Column('Paper: A', 'quoted'),
)
ROWS = (
    GridRow((Text('Chance'), Number(5.0, 1), Text(''), Text(''))),
    GridRow((Text('MLFO'), Number(50.0, 1), NOT_RUN, Quoted((None,)))),
    GridRow((Text('VCP *'), NOT_RUN, NOT_RUN, Quoted((60.0,))), measured=False),
    GridRow((Text('PRP'), Missing('not run'), NOT_RUN, Quoted((None,))), measured=False),
    GridRow((Text('STS'), FAILED, NOT_RUN, Quoted((None,))), measured=False),
)
GRID = Grid('Probe', COLUMNS, ROWS, ('A note.',))


def test_a_small_profile_leaves_out_what_holds_the_papers_number_alone():
    grid = shortened(GRID, quoted=False)
    assert [row[0] for row in texts(grid)] == ['Chance', 'MLFO', 'STS']
    assert heads(grid) == ('Method', 'A')
    assert texts(grid)[2] == ('STS', '— failed: no memory')
    assert grid.notes == (
        'Left out, --all-rows has them: 2 rows without a number '
        '(needs data UCF101: VCP; not run: PRP).',
        'Left out: 2 columns without a number (B, Paper: A).',
        'A note.',
    )


def test_a_row_whose_name_is_shown_is_told_by_what_the_paper_ran():
    run, backbone = Column("Paper's run", 'quoted'), Column('Backbone', 'label')
    columns = (COLUMNS[0], backbone, COLUMNS[1], run)
    rows = (
        GridRow((Text('MLFO, reference'), Text('R3D-18'), Number(50.0), Text('R3D-18, K400'))),
        GridRow((Text('MLFO'), Text('R3D-18'), Missing('not run'), Text('R3D-18, UCF101')), False),
        GridRow((Text('MLFO'), Text('S3D'), Missing('not run'), Missing()), False),
    )
    (note,) = shortened(Grid('Probe', columns, rows), quoted=False).notes
    assert note.endswith('(not run: MLFO (R3D-18, UCF101), MLFO (S3D)).')


def test_at_paper_scale_the_papers_number_is_one():
    grid = shortened(GRID, quoted=True)
    assert [row[0] for row in texts(grid)] == ['Chance', 'MLFO', 'VCP *', 'STS']
    assert heads(grid) == ('Method', 'A', 'Paper: A')
    assert grid.notes[0].startswith('Left out, --all-rows has them: 1 row without a number')


def test_nothing_measured_is_a_note_and_a_whole_grid_stays_as_it_is():
    empty = shortened(Grid('Probe', COLUMNS, ROWS[2:4]), quoted=False)
    assert empty.rows == () and heads(empty) == heads(GRID) and len(empty.notes) == 1
    whole = Grid(
        'Probe',
        COLUMNS[:2],
        (
            GridRow(
                (Text('MLFO'), Number(1.0)),
            ),
        ),
    )
    assert shortened(whole, quoted=False) == whole


def test_the_csv_keeps_every_row(tmp_path, make_record):
    write_record(make_record(), tmp_path)
    (short,) = make_tables('demo', tmp_path, ['1']).values()
    (long,) = make_tables('demo', tmp_path, ['1'], all_rows=True).values()
    assert short.csv == long.csv and 'not run' in short.csv
    assert '| CCL' in long.markdown and '| CCL' not in short.markdown
    assert 'Left out' in short.markdown and 'Left out' not in long.markdown
    assert (tmp_path / 'tables' / 'demo' / 'table1.tex').read_text() == long.latex


def test_latex_keeps_marks_apart():
    cell = Cell('measured', '', (40.0, 42.0), 3, 41.0, 1.5, 45.0, at_chance=True)
    assert cell_latex(Measured(cell, rank=1, protocol=2)) == (
        r'\textbf{41.0 $\pm$ 1.5} \textsuperscript{$\dagger$} (n=2/3) [2]'
    )


def test_latex_has_as_many_cells_in_each_row_and_escapes():
    evil = r'50% & $x_1$ \input{x} #~^ <"†×'  # noqa: RUF001
    row = GridRow((Text(evil, 'best'), Number(50.0, 1), Text(''), Text('', 'term')))
    page = Page(
        evil, 'demo', 'Measured.', (Grid('T', COLUMNS, (*ROWS[:1], row), (evil,)),), (), (evil,)
    )
    text = page_latex(page)
    lines = [line for line in text.splitlines() if not line.startswith('%')]
    cells = [line.replace(r'\&', '') for line in lines if line.endswith(r' \\')]
    assert len(cells) == 3 and {line.count('&') for line in cells} == {3}
    body = text.replace(r'\{', '').replace(r'\}', '')
    assert body.count('{') == body.count('}')
    assert r'\textbf{50\% \& \$x\_1\$ \textbackslash{}input\{x\} \#' in text
    assert r'\input' not in '\n'.join(lines)
    assert [text.count(rule) for rule in (r'\toprule', r'\midrule', r'\bottomrule')] == [1, 2, 1]
    small = page_latex(shortened_page(page, PROFILES['demo']))
    assert r'\begin{tabular}{lr}' in small


def test_latex_takes_no_name_for_an_option_of_the_row_before():
    rows = tuple(GridRow((Text(name), *ROWS[0].cells[1:])) for name in ('[1ex]', '*x', 'plain'))
    text = page_latex(Page('T', 'demo', 'Measured.', (Grid('T', COLUMNS, rows),)))
    assert [name in text for name in ('\n{}[1ex] & ', '\n{}*x & ', '\nplain & ')] == [True] * 3


def test_latex_shrinks_what_is_too_wide_and_numbers_tables_itself():
    page = Page('Table 1: action recognition', 'demo', 'Measured.', (GRID,))
    text = page_latex(page)
    assert r'\caption{Action recognition. Probe. Profile demo. Measured.}' in text
    assert '\n\\sbox0{\\begin{tabular}{lrrr}\n' in text and '\n\\end{tabular}}\n' in text
    assert r'\ifdim\wd0>\linewidth\resizebox{\linewidth}{!}{\usebox0}' in text
    noted = Grid('Probe', COLUMNS, ROWS, ('Left out, --all-rows has them & 5 %',))
    text = page_latex(Page('Costs', 'demo', 'Measured.', (noted,)))
    assert r'Left out, -{}-all-rows has them \& 5 \%\par' in text
