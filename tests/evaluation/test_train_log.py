"""The log of a run over its stops: each step once, all the time."""

from __future__ import annotations

import json

import pytest

from mlfo_mm.evaluation.train_log import read_train_log, stop_folders
from tests.counting import grows_linearly


def write_stop(work_dir, name, lines, seconds=60, tail=''):
    """One stop: logged lines, and a log that ends so many seconds after its start."""
    folder = work_dir / name
    (folder / 'vis_data').mkdir(parents=True)
    text = ''.join(json.dumps(line) + '\n' for line in lines)
    (folder / 'vis_data/scalars.json').write_text(text + tail)
    end = f'2026/01/02 03:{4 + seconds // 60:02}:{5 + seconds % 60:02}'
    log = '2026/01/02 03:04:05 - mmengine - INFO - Config:\nmodel = 1\n'
    (folder / f'{name}.log').write_text(log + f'{end} - mmengine - INFO - saved\nno moment\n')


def line(step, epoch, loss, **more):
    return (
        dict(lr=0.1, loss=loss, time=0.5, data_time=0.1, epoch=epoch, iter=step, step=step) | more
    )


def test_means_of_each_epoch(tmp_path):
    lines = [
        line(2, 1, 4.0, acc_a=0.25),
        line(4, 1, 2.0, acc_a=0.75),
        line(6, 2, 1.0, loss_graph=0.5, stat_b=7, memory=900),
        line(8, 2, float('nan'), loss_graph=0.7, memory=800),
        {'accuracy/top1': 0.5, 'step': 8},  # of a validation
    ]
    write_stop(tmp_path, '20260102_030405', lines)
    log = read_train_log(tmp_path)
    assert log.curves() == {
        'epoch': [1, 2],
        'lr': [0.1, 0.1],
        'loss': [3.0, 1.0],
        'acc_a': [0.5, None],
        'loss_graph': [None, pytest.approx(0.6)],
        'stat_b': [None, 7],
    }
    assert (log.stops, log.wall_time_s) == (1, 60)
    assert (log.median('time'), log.largest('memory'), log.largest('nothing')) == (0.5, 900, None)
    assert (log.end - log.start).total_seconds() == 60


def test_what_was_done_again_counts_once(tmp_path):
    first = [line(2, 1, 9.0), line(4, 2, 8.0), line(6, 2, 7.0)]
    # killed in epoch 2, in the middle of a line; goes on after epoch 1
    write_stop(tmp_path, '20260102_030405', first, seconds=30, tail='{"loss": 5.0, "ep')
    write_stop(tmp_path, '20260102_030406', [], seconds=11)  # stopped before it logged anything
    write_stop(tmp_path, '20260102_030407', [line(4, 2, 2.0), line(6, 2, 3.0)], seconds=20)
    log = read_train_log(tmp_path)
    assert [each['step'] for each in log.lines] == [2, 4, 6]
    assert log.curves()['loss'] == [9.0, 2.5]
    assert log.stops == 3
    assert log.wall_time_s == 30 + (11 - 1) + (20 - 2)


def test_run_begun_anew_in_the_same_folder(tmp_path):
    write_stop(tmp_path, '20260102_030405', [line(3, 1, 9.0), line(6, 2, 8.0), line(9, 3, 7.0)])
    write_stop(tmp_path, '20260102_030505', [line(2, 1, 1.0), line(4, 2, 0.5)])
    assert read_train_log(tmp_path).curves()['loss'] == [1.0, 0.5]


@pytest.mark.parametrize('stops', [(), ('20260102_030605', '20260102_030405')])
def test_a_clock_that_was_set_back(tmp_path, stops):
    """The first stop's folder has the later name: the end of summer time."""
    write_stop(tmp_path, '20260102_030605', [line(2, 1, 9.0), line(4, 1, 8.0), line(6, 2, 7.0)])
    write_stop(tmp_path, '20260102_030405', [line(6, 2, 2.0), line(8, 2, 1.0)])
    log = read_train_log(tmp_path, stops)
    assert log.curves() == {'epoch': [1, 2], 'lr': [0.1, 0.1], 'loss': [8.5, 1.5]}
    assert (log.stops, log.start <= log.end) == (2, True)


def test_time_of_a_stop_in_which_the_clock_was_set_back(tmp_path):
    write_stop(tmp_path, '20260102_030405', [line(2, 1, 9.0)])
    moments = ('03:04:05', '03:34:05', '02:40:00', '02:50:00')
    lines = [f'2026/01/02 {each} - mmengine - INFO - x' for each in moments]
    (tmp_path / '20260102_030405/20260102_030405.log').write_text('\n'.join(lines))
    log = read_train_log(tmp_path)
    assert log.wall_time_s == 30 * 60 + 10 * 60
    assert log.start <= log.end


def test_only_the_stops_of_the_weights_count(tmp_path):
    """One was killed before its first checkpoint, in an hour that came twice."""
    write_stop(tmp_path, '20260102_030605', [line(2, 1, 9.0), line(4, 1, 8.0)])  # killed
    write_stop(tmp_path, '20260102_030405', [line(2, 1, 2.0)])
    write_stop(tmp_path, '20260102_030505', [line(4, 2, 1.0)])
    log = read_train_log(tmp_path, ['20260102_030405', '20260102_030505'])
    assert log.curves()['loss'] == [2.0, 1.0]
    assert log.stops == 3  # its time was spent


@pytest.mark.parametrize(
    'name', ['my_notes', '20260102_0304', '99999999_999999', 'a_20260102_030405']
)
def test_foreign_folders_are_no_stops(tmp_path, name):
    write_stop(tmp_path, '20260102_030405', [line(2, 1, 4.0)])
    write_stop(tmp_path, name, [line(2, 1, 0.0), line(4, 2, 0.0)])
    assert [folder.name for folder in stop_folders(tmp_path)] == ['20260102_030405']
    assert read_train_log(tmp_path).curves()['loss'] == [4.0]


def test_folder_without_a_run(tmp_path):
    (tmp_path / 'features').mkdir()
    assert stop_folders(tmp_path) == []
    log = read_train_log(tmp_path)
    assert (log.curves(), log.wall_time_s, log.stops) == ({}, 0, 0)


def test_what_is_no_log_is_left_out(tmp_path):
    lines = [
        line(2, 1, 4.0, acc_a='high', memory='much'),
        line(4, 1, None),
        dict(epoch='1', step=5, loss=1.0),
        dict(epoch=1, step=None, loss=1.0),
        dict(epoch=1, step=float('nan'), loss=1.0),
        dict(epoch=1, step=10**400, loss=1.0),
        dict(epoch=1.5, step=5, loss=1.0),
        dict(epoch=True, step=5, loss=1.0),
        dict(epoch=-1, step=5, loss=1.0),
        line(5, 1, 10**400),
        [1, 2],
        line(6, 1, 2.0, acc_a=[1], memory=5),
    ]
    write_stop(tmp_path, '20260102_030405', lines)
    scalars = tmp_path / '20260102_030405/vis_data/scalars.json'
    scalars.write_bytes(b'\xff\xfe\n' + b'[' * 100_000 + b'\n' + scalars.read_bytes())
    log = read_train_log(tmp_path)
    assert log.curves() == {'epoch': [1], 'lr': [0.1], 'loss': [3.0], 'acc_a': [None]}
    assert log.largest('memory') == log.median('memory') == 5


def test_work_grows_as_the_log(tmp_path):
    """Also where every epoch has one line."""

    def made(size):
        if not (tmp_path / f'{size}').exists():
            lines = [line(n, n, 1.0) for n in range(size)]
            write_stop(tmp_path / f'{size}', '20260102_030405', lines)
        return read_train_log(tmp_path / f'{size}').curves

    assert grows_linearly(made)
