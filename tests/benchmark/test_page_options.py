"""What ``report`` takes: tables, methods, and the shipped records."""

from __future__ import annotations

import argparse

from mlfo_mm.benchmark.options import OPTIONS, where_of


def test_a_page_of_some_tables_and_methods_with_the_shipped_records(tmp_path):
    parser = argparse.ArgumentParser()
    for name in ('page', 'folders'):
        OPTIONS[name](parser)
    given = ['--tables', '1', 'costs', '--methods', 'mlfo', 'simclr', '--with-reference']
    where = where_of(parser.parse_args(given), tmp_path)
    assert where.page == (True, ('1', 'costs'), ('mlfo', 'simclr'))
    assert where_of(parser.parse_args([]), tmp_path).page == (False, (), ())
