"""Imports go one way: study, video <- datasets, models <- engine <- evaluation <- benchmark."""

from __future__ import annotations

import importlib.util

import pytest

from tests.conftest import REPO

SHARED = {'mlfo_mm'}  # errors, files and what else lies beside the packages
ALLOWED = dict(
    study=SHARED,
    video=SHARED,
    datasets={*SHARED, 'study', 'video'},
    # the label that a sampler gives to what is not to be told
    models={*SHARED, 'installation', 'study', 'datasets'},
    engine={*SHARED, 'installation', 'study', 'datasets', 'models'},
    evaluation={*SHARED, 'study', 'datasets', 'models', 'engine'},
    benchmark={*SHARED, 'study', 'datasets', 'models', 'engine', 'evaluation', 'reporting'},
    reporting={*SHARED, 'study', 'video'},
    components={'compat_tools', 'datasets', 'models', 'engine', 'evaluation'},
    compat_tools={'video'},
    api={'study', 'engine'},
    cli={*SHARED, 'study'},
    # the doctor looks for data sets
    installation={*SHARED, 'datasets'},
    mlfo_mm={'api', 'cli', 'installation'},
)


@pytest.fixture(scope='module')
def edges():
    path = REPO / 'tools/dev/import_graph.py'
    spec = importlib.util.spec_from_file_location('import_graph_tool', path)
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    return tool.edges(REPO / 'mlfo_mm')


def test_every_room_has_its_rule(edges):
    packages = {path.parent.name for path in (REPO / 'mlfo_mm').glob('*/__init__.py')}
    assert packages | {here for here, _ in edges} == set(ALLOWED)


@pytest.mark.parametrize('room', ALLOWED)
def test_what_a_room_imports(room, edges):
    assert {there for here, there in edges if here == room} <= ALLOWED[room]
