"""Claims are put together from rows: what is compared with what, and where it is said."""

from __future__ import annotations

from mlfo_mm.reporting.comparisons import Comparison, ahead, chain, claim, mlfo, quoted_difference
from mlfo_mm.reporting.specs import Row


def test_a_chain_compares_neighbours():
    best, second, last = (mlfo(name) for name in ('a', 'b', 'c'))
    assert chain(best, second, last) == (Comparison(best, second), Comparison(second, last))


def test_others_are_of_the_same_pretraining_set():
    ours = mlfo(pretrain='ucf101')
    found = ahead(ours, 'pace-contrast/r3d18', 'vcp/r3d', sets=('hmdb51',), by=2)
    assert [pair.worse for pair in found] == [
        Row('pace', 'r3d18', 'ucf101', 'contrast'),
        Row('vcp', 'r3d', 'ucf101'),
    ]
    assert [(pair.better, pair.sets, pair.by, pair.margin) for pair in found] == [
        (ours, ('hmdb51',), 2, None)
    ] * 2


def test_the_source_of_a_claim():
    said = claim('9.1', 'table2', 'one is better', 'it is better', 'linear_probe', 'top1')
    assert said.source == '9.1 (section 4.4, table 2): "it is better"'
    silent = claim('9.2', 'table2', 'one is better', '', 'linear_probe', 'top1')
    assert silent.source == '9.2 (table 2): by its numbers alone'


def test_the_papers_difference_is_of_its_own_metric_and_set():
    cells = {('retrieval', 'ucf101', 'R@1'): 40.0, ('retrieval', 'ucf101', 'R@5'): 90.0}
    others = {('retrieval', 'ucf101', 'R@1'): 38.5}
    rows = [
        Row('mlfo', 'r3d18', 'ucf101', 'default', values=cells),
        Row('sts', 'r3d18', 'ucf101', values=others),
    ]
    (pair,) = ahead(mlfo(pretrain='ucf101'), 'sts/r3d18')
    found = claim('9.3', 'table4', '', '', 'retrieval', 'R@1_centred', pair, paper_metric='R@1')
    assert quoted_difference(found, pair, 'ucf101', dict(table4=rows)) == 1.5
    assert quoted_difference(found, pair, 'hmdb51', dict(table4=rows)) is None
