"""Maps of features and sheets of neighbours, from numbers and names alone."""

from __future__ import annotations

from xml.etree import ElementTree

import numpy as np
import pytest

from mlfo_mm.reporting.figures.embedding import (
    TOLD_APART,
    draw_map,
    map_files,
    neighbour_files,
    query_of,
    title_of,
)


def some(classes: int, each: int = 3) -> tuple[np.ndarray, np.ndarray, list[str]]:
    points = np.random.default_rng(0).normal(size=(classes * each, 2))
    return points, np.repeat(np.arange(classes), each), [f'class {c}' for c in range(classes)]


@pytest.mark.parametrize(('classes', 'named'), [(3, 'legend'), (101, 'text')])
def test_every_class_is_named(classes: int, named: str):
    points, labels, names = some(classes)
    figure = draw_map(points, labels, names, 'title')
    legend = [text.get_text() for each in figure.legends for text in each.get_texts()]
    texts = [text.get_text() for text in figure.axes[0].texts]
    assert (legend, texts) == ((names, []) if named == 'legend' else ([], names))


@pytest.mark.filterwarnings('error:Glyph')
def test_names_that_begin_with_a_line_or_hold_what_is_no_text():
    points, labels, _ = some(3)
    names = ['_background', 'a\x1b[31m\x00b', 'turned\u202eround']
    legend = draw_map(points, labels, names, 'title').legends[0].get_texts()
    assert [text.get_text().strip() for text in legend] == names
    svg = map_files(points, labels, names, [f'{n}.mp4' for n in range(9)], 'title')['svg']
    texts = {each.text for each in ElementTree.fromstring(svg).iter() if each.text}
    assert {' _background', 'a\ufffd[31m\ufffdb', 'turned\ufffdround'} <= texts


def test_colour_and_marker_tell_classes_apart():
    points, labels, names = some(TOLD_APART)
    drawn = draw_map(points, labels, names, 'title').axes[0].collections
    looks = {(tuple(c.get_facecolor()[0]), c.get_paths()[0].vertices.tobytes()) for c in drawn}
    assert len(looks) == len(drawn) == TOLD_APART


def test_files_of_a_map():
    points, labels, names = some(2, 1)
    files = map_files(points, labels, names, ['a/1.mp4', 'b/2.mp4'], 'title')
    lines = files['csv'].decode().splitlines()
    assert lines[0] == 'video,class,x,y'
    assert lines[2].startswith(f'b/2.mp4,class 1,{points[1, 0]:.4f}'.rstrip('0'))
    assert files['png'][:4] == b'\x89PNG'
    assert title_of('mlfo', 'one_hot', 'r3d18', 'ucf101', 'mine', 'mid', 'tsne') == (
        'MLFO (one-hot targets), R3D-18, on UCF101: t-SNE of the mid level, test videos of mine'
    )


def test_a_sheet_says_what_it_cannot_show():
    near = [dict(video='b.mp4', frames=[0], similarity=0.5) | {'class': 'run'}]
    asked = dict(video='a.mp4', frames=[0]) | {'class': 'jump'}
    query = query_of('nowhere', dict(query=asked, instance=near, semantic=[]), 0.9)
    assert query.neighbours['instance'][0].crop == 0.9
    files, absent = neighbour_files([query], 'high', [('a.mp4', 'jump', 1, 'b.mp4', 'run', 0, 0.5)])
    assert absent == [f'{name}.mp4: data set nowhere is not here' for name in 'ab']
    assert files['csv'].decode().splitlines()[1] == 'a.mp4,jump,1,b.mp4,run,0,0.5'
