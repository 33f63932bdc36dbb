"""Figures 4 and 5: what is read from details, decoded from videos and drawn."""

from __future__ import annotations

import csv
import io

import numpy as np
import pytest
from matplotlib.figure import Figure

from mlfo_mm.datasets.annotation import read_classes, read_list
from mlfo_mm.errors import UserError
from mlfo_mm.reporting.figures import activation, build_figures
from mlfo_mm.reporting.figures.activation import heat_maps, overlay
from mlfo_mm.reporting.figures.details import ShownClip, read_activations, read_queries
from mlfo_mm.reporting.figures.frames import NotHere, spread, tiles
from mlfo_mm.study.profiles import PROFILES
from tests.reporting import crafted

DEMO = PROFILES['demo']
LABELS = ('grow', 'fall', 'grow', 'spin', 'rise', 'fall')
NOWHERE = tuple(f'{index}.mp4' for index in range(6))


def plot_of(records, name):
    (plot,) = build_figures(records, DEMO, 'results', [name])[name]
    return plot


def listed(digits):
    folder = digits / 'digits_motion'
    classes = read_classes(folder)
    samples = read_list(folder / 'train.txt', len(classes))[:6]
    return [s.path for s in samples], [classes[s.label] for s in samples]


def test_frames_are_the_centre_square_that_the_network_saw(digits):
    av = pytest.importorskip('av')
    videos, _ = listed(digits)
    (tile,) = tiles(ShownClip('digits_motion', videos[0], 'x', (3, 7), crop=1.0), [1], 32)
    assert tile.shape == (32, 32, 3)
    with av.open(str(digits / 'digits_motion' / videos[0])) as container:
        frames = [frame.to_image() for frame in container.decode(video=0)]
    side = min(frames[7].size)
    left, top = (frames[7].width - side) / 2, (frames[7].height - side) / 2
    whole = frames[7].resize((32, 32), 2, box=(left, top, left + side, top + side))
    assert np.array_equal(tile, np.asarray(whole))
    (part,) = tiles(ShownClip('digits_motion', videos[0], 'x', (3, 7), crop=0.5), [1], 32)
    assert not np.array_equal(part, tile)


@pytest.mark.parametrize(
    ('dataset', 'video', 'frames', 'reason'),
    [
        ('digits_motion', 'none.mp4', (0,), 'no such video in digits_motion'),
        ('nowhere', 'a.mp4', (0,), 'data set nowhere is not here'),
        ('digits_motion', None, (0, 9999), 'the video ends before frame 9999'),
        ('digits_motion', 'classes.txt', (0,), 'the video cannot be decoded'),
    ],
)
def test_frames_that_are_not_here_say_why(digits, dataset, video, frames, reason):
    clip = ShownClip(dataset, video or listed(digits)[0][0], 'x', frames)
    with pytest.raises(NotHere, match=reason):
        tiles(clip, list(range(len(frames))), 8)


def test_spread_takes_both_ends():
    assert spread(tuple(range(10)), 4) == [0, 3, 6, 9]
    assert spread((5, 6), 4) == [0, 1]


def test_neighbours_are_drawn_and_listed_with_hits(digits):
    videos, labels = listed(digits)
    record = crafted.neighbours_record(videos, labels)
    plot = plot_of([record], '4')
    assert plot.name == 'figure4_digits_motion' and plot.missing == ()
    assert set(plot.files) == {'png', 'pdf', 'csv'}
    assert '41.2 % by the instance-wise, 37.5 % by the semantic-wise' in plot.caption
    lines = list(csv.DictReader(io.StringIO(plot.files['csv'].decode())))
    assert len(lines) == 3 * 2 * 3
    hits = {(line['video'] == line['query'], line['hit']) for line in lines}
    assert hits >= {(True, 'true')}
    assert all((line['hit'] == 'true') == (line['class'] == line['query_class']) for line in lines)
    assert plot_of([record], '4').files == plot.files


def test_a_data_set_that_is_not_at_hand_is_one_line(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)  # ./data is looked into as well
    monkeypatch.setenv('MLFO_DATA_ROOT', str(tmp_path))
    records = [crafted.neighbours_record(NOWHERE, LABELS), *crafted.order_records(NOWHERE, LABELS)]
    for name in '45':
        plot = plot_of(records, name)
        assert not plot.drawn and set(plot.files) == {'csv'}
        (line,) = plot.missing
        assert line.startswith('data set digits_motion is not at hand: no frames of it; ')


def test_neighbours_without_videos_are_boxes_with_names(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv('MLFO_DATA_ROOT', str(tmp_path))
    (tmp_path / 'digits_motion').mkdir()
    plot = plot_of([crafted.neighbours_record(NOWHERE, LABELS)], '4')
    assert plot.files['png'][:4] == b'\x89PNG'
    assert '0.mp4: no such video in digits_motion' in plot.missing
    assert 'Query grow: instance-wise grow, fall, grow' in plot.alt


def test_neighbours_without_prototypes(monkeypatch, tmp_path):
    monkeypatch.setenv('MLFO_DATA_ROOT', str(tmp_path))
    record = crafted.neighbours_record(NOWHERE, LABELS)
    del record.metrics['hits_semantic']
    for query in record.details['queries']:
        query['semantic'] = []
    plot = plot_of([record], '4')
    assert 'semantic-wise' not in plot.alt and plot.files


def test_records_without_clips_are_named():
    record = crafted.neighbours_record(NOWHERE, LABELS)
    record.details['queries'] = []
    plot = plot_of([record], '4')
    assert plot.files == {}
    assert plot.missing == (f'records/demo/{record.experiment}.json holds no queries',)
    (record, *_) = crafted.order_records(NOWHERE, LABELS)
    record.details['clips'] = []
    plot = plot_of([record], '5')
    assert plot.files == {}
    assert plot.missing[-1] == 'the records on digits_motion hold no activation maps'


def test_a_clip_that_one_model_has_no_map_of_is_left_empty(monkeypatch, tmp_path):
    monkeypatch.setenv('MLFO_DATA_ROOT', str(tmp_path))
    (tmp_path / 'digits_motion').mkdir()
    drawn = []
    monkeypatch.setattr(
        activation, 'draw_rows', lambda _, rows, **told: drawn.append(rows) or Figure()
    )
    records = crafted.order_records(NOWHERE, LABELS)
    for record in records:
        if record.variant == 'ctm':
            del record.details['clips'][1]
    assert plot_of(records, '5').files['png']
    empty = [
        (number, place, str(strip.tiles))
        for number, row in enumerate(drawn[0])
        for place, strip in enumerate(row.strips[1:])  # the first are the frames, not here either
        if isinstance(strip.tiles, NotHere)
    ]
    assert empty == [(1, 1, 'no map of this clip in the record')]


def test_activations_stand_side_by_side_with_their_accuracy(digits):
    videos, labels = listed(digits)
    plot = plot_of(crafted.order_records(videos, labels), '5')
    assert plot.name == 'figure5_digits_motion' and plot.missing == ()
    lines = list(csv.DictReader(io.StringIO(plot.files['csv'].decode())))
    assert [(line['variant'], line['temporal'], line['mean'], line['n']) for line in lines] == [
        ('default', 'NTM', '83.5', '2'),
        ('ctm', 'CTM', '61.5', '2'),
        ('no_temporal', 'no temporal terms', '55.5', '2'),
    ]
    assert plot_of(crafted.order_records(videos, labels), '5').files == plot.files


def test_a_missing_variant_is_named_with_its_command(monkeypatch, tmp_path):
    monkeypatch.setenv('MLFO_DATA_ROOT', str(tmp_path))
    records = [r for r in crafted.order_records(NOWHERE, LABELS) if r.variant != 'ctm']
    plot = plot_of(records, '5')
    command = 'python tools/benchmark.py run --profile demo --tables figure5'
    assert f'no order classifier on MLFO with CTM; run it: {command}' in plot.missing


def test_maps_are_scaled_over_the_clip_and_spread_over_its_frames():
    cam = np.array([[[0.0, 2.0]], [[4.0, 1.0]]])  # (T'=2, h=1, w=2)
    heat = heat_maps(cam, 4)
    assert heat.tolist() == [[[0, 0.5]], [[0, 0.5]], [[1, 0.25]], [[1, 0.25]]]
    assert heat_maps(np.ones((3, 2, 2)), 2).tolist() == np.zeros((2, 2, 2)).tolist()


def test_an_overlay_is_bright_where_the_map_is():
    frame = np.full((8, 8, 3), 100, np.uint8)
    shown = overlay(frame, np.array([[0.0, 1.0]])).astype(int)
    assert shown.shape == (8, 8, 3)
    assert shown[4, 7].sum() > shown[4, 0].sum() + 100


def broken(record, change):
    change(record.details)
    return record


@pytest.mark.parametrize(
    ('change', 'message'),
    [
        (lambda d: d.clear(), 'details.queries must be list, is None'),
        (lambda d: d['queries'][0].pop('instance'), r'details.queries\[0\].instance must be list'),
        (
            lambda d: d['queries'][1]['query'].update(frames=[0, -1]),
            r'details.queries\[1\].query.frames needs indices from 0',
        ),
        (
            lambda d: d['queries'][0]['instance'][1].update(similarity='near'),
            r"instance\[1\].similarity must be a number, is 'near'",
        ),
        (
            lambda d: d['queries'][0]['semantic'][2].update(video='../../etc/passwd'),
            r"semantic\[2\].video '../../etc/passwd' must lie in the folder of the data set",
        ),
    ],
)
def test_broken_neighbours_are_named(change, message):
    record = broken(crafted.neighbours_record(NOWHERE, LABELS), change)
    with pytest.raises(UserError, match=message) as caught:
        read_queries(record)
    assert f'records/demo/{record.experiment}.json' in str(caught.value)


@pytest.mark.parametrize(
    ('change', 'message'),
    [
        (
            lambda d: d['clips'][0].update(cam=[[1.0]]),
            r'details.clips\[0\].cam needs finite numbers',
        ),
        (lambda d: d['clips'][0].update(cam=[[[1.0], [1.0, 2.0]]]), 'cam needs finite numbers'),
        (lambda d: d['clips'][2].update(reversed='no'), r'clips\[2\].reversed must be bool'),
        (lambda d: d['clips'][1].pop('class'), r'clips\[1\].class must be str'),
    ],
)
def test_broken_maps_are_named(change, message):
    record = broken(crafted.order_records(NOWHERE, LABELS)[0], change)
    with pytest.raises(UserError, match=message):
        read_activations(record)


def test_the_crop_is_read_from_the_protocol():
    record = crafted.order_records(NOWHERE, LABELS)[0]
    assert read_activations(record)[0].clip.crop == 56 / 64
    record.protocol.pop('crop_size')
    with pytest.raises(
        UserError, match='protocol needs 0 < crop_size <= short_side, has None and 64'
    ):
        read_activations(record)
