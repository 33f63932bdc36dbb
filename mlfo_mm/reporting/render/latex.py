"""The LaTeX form: tables by booktabs, to be taken over into a paper."""

from __future__ import annotations

import re
from collections.abc import Sequence

from mlfo_mm.reporting.grid import CHANCE, Grid, GridCell, Page
from mlfo_mm.reporting.labels import one_line
from mlfo_mm.reporting.render.words import words

HEAD = '% \\usepackage{booktabs,graphicx}; a table that is wider than its line is shrunk to it'
FIT = r'\ifdim\wd0>\linewidth\resizebox{\linewidth}{!}{\usebox0}\else\usebox0\fi'
NUMBERED = re.compile(r'Table \d+: ')  # LaTeX has numbers of its own
MARKS = {
    '': '{}',
    'best': r'\textbf{{{}}}',
    'second': r'\underline{{{}}}',
    'strong': r'\textbf{{{}}}',
    'term': r'\emph{{{}}}',
}
SIGNS = str.maketrans(
    {
        '\\': r'\textbackslash{}',
        '&': r'\&',
        '%': r'\%',
        '$': r'\$',
        '#': r'\#',
        '_': r'\_',
        '{': r'\{',
        '}': r'\}',
        '~': r'\textasciitilde{}',
        '^': r'\textasciicircum{}',
        '<': r'\textless{}',
        '>': r'\textgreater{}',
        '"': r"''",
        '—': '---',
        '±': r'$\pm$',
        '†': r'\textsuperscript{$\dagger$}',
        '…': r'\ldots{}',
    }
)
TEXT = ('label', 'text')  # kinds of columns that begin at the left


def page_latex(page: Page) -> str:
    """Return the grids of a page that have rows, each as a table of its own; notes below them."""
    parts = [f'% {one_line(page.title)}, profile {page.profile}', HEAD]
    parts += [_table(page, grid) for grid in page.grids if grid.rows]
    parts += [f'% {one_line(note)}' for note in page.notes]
    return '\n'.join(parts) + '\n'


def escaped(text: str) -> str:
    """Return a text whose signs mean themselves; two hyphens are no dash."""
    return '-{}-'.join(part.translate(SIGNS) for part in one_line(text).split('--'))


def cell_latex(cell: GridCell) -> str:
    """Return a cell with its marks."""
    found = words(cell)
    text = escaped(found.text)
    return (MARKS[found.emphasis].format(text) if text else '') + found.tail.translate(SIGNS)


def _table(page: Page, grid: Grid) -> str:
    kinds = ''.join('l' if column.kind in TEXT else 'r' for column in grid.columns)
    heads = ' & '.join(escaped(column.heading) for column in grid.columns)
    rows = [_row(row.cells) for row in grid.rows]
    if words(grid.rows[0].cells[0]).plain == CHANCE:
        rows.insert(1, r'\midrule')
    label = re.sub(r'[^a-z0-9]+', '-', f'{page.title} {grid.title}'.lower()).strip('-')
    title = NUMBERED.sub('', page.title)
    caption = f'{title[:1].upper()}{title[1:]}. {grid.title}. Profile {page.profile}. {page.scale}'
    return '\n'.join(
        (
            r'\begin{table}',
            r'\centering\small',
            rf'\caption{{{escaped(caption)}}}',
            rf'\label{{tab:{page.profile}-{label}}}',
            r'\medskip',
            rf'\sbox0{{\begin{{tabular}}{{{kinds}}}',
            r'\toprule',
            rf'{heads} \\',
            r'\midrule',
            *rows,
            r'\bottomrule',
            r'\end{tabular}}',
            FIT,
            *_notes((*page.legend, *grid.notes)),
            r'\end{table}',
        )
    )


def _row(cells: Sequence[GridCell]) -> str:
    text = ' & '.join(map(cell_latex, cells)) + r' \\'
    # behind the end of a row these would be an option of it
    return f'{{}}{text}' if text.startswith(('[', '*')) else text


def _notes(lines: Sequence[str]) -> list[str]:
    if not lines:
        return []
    told = [rf'{escaped(line)}\par' for line in lines]
    return [r'\par\medskip\begin{minipage}{\linewidth}\footnotesize', *told, r'\end{minipage}']
