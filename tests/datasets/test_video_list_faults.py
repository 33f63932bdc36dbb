"""The data set: what becomes of bad videos, lists and arguments."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch.utils.data import DataLoader

from mlfo_mm.datasets import skip_collate
from mlfo_mm.datasets.video_list import TOLERATED
from mlfo_mm.errors import UserError


def spoil(own_root: Path, *numbers: int) -> None:
    for number in numbers:
        (own_root / f'own/videos/v {number}.mp4').write_bytes(b'')


@pytest.mark.parametrize('workers', [0, 2])
def test_a_corrupt_video_is_replaced_counted_and_named(build_own, own_root, workers, log):
    spoil(own_root, 2)
    dataset = build_own()
    loader = DataLoader(dataset, batch_size=4, num_workers=workers, collate_fn=list)
    read = []
    for epoch in range(2):
        dataset.set_epoch(epoch)
        read += [s['data_samples'] for batch in loader for s in batch]
    assert len(read) == 16
    for place, sample in enumerate(read):
        assert (sample.sample_idx == place % 8) == (place % 8 != 2)
        assert sample.gt_label.item() == sample.sample_idx % 4
    stats = dataset.read_stats()
    assert stats['replaced'] == 2 and [Path(n).name for n in stats['names']] == ['v 2.mp4']
    lines = [line for line in log.read_text().splitlines() if 'v 2.mp4' in line]
    assert lines and 'v 2.mp4 (0 frames: 0 bytes): line 3 of train.txt; 1 of 8' in lines[0]
    assert len(lines) == 1


def test_the_replacement_is_the_same_again_and_no_copy(build_own, own_root):
    spoil(own_root, 2)
    dataset, again = build_own(), build_own()
    for epoch in range(6):
        dataset.set_epoch(epoch)
        again.set_epoch(epoch)
        taken = dataset[2]
        assert torch.equal(taken['inputs'], again[2]['inputs'])
        original = dataset[taken['data_samples'].sample_idx]
        if max(taken['data_samples'].frame_inds) > 8:  # short videos leave nothing to draw
            assert taken['data_samples'].frame_inds.tolist() != (
                original['data_samples'].frame_inds.tolist()
            )


def share(*datasets):
    """Let every process give its share, then take the job's."""
    given = {}

    def collect(rank):
        def reduce(tensor, op):
            given.setdefault(rank, []).append((tensor.clone(), op))

        return reduce

    def take(rank):
        number = iter(range(99))

        def reduce(tensor, op):
            place = next(number)
            found = torch.stack([given[each][place][0] for each in range(len(datasets))])
            tensor.copy_(found.amax(0) if op == 'max' else found.sum(0))

        return reduce

    for rank, dataset in enumerate(datasets):
        dataset.share_counts(collect(rank))
    for rank, dataset in enumerate(datasets):
        dataset.share_counts(take(rank))


def test_counts_are_those_of_all_processes(build_own, own_root):
    spoil(own_root, 1, 2, 5)
    one, other = build_own(), build_own()
    for index in range(4):
        one[index]
    for index in range(4, 8):
        other[index]
    assert [len(each.read_stats()['names']) for each in (one, other)] == [2, 1]
    share(one, other)
    for dataset in (one, other):
        stats = dataset.read_stats()
        assert [Path(name).name for name in stats['names']] == ['v 1.mp4', 'v 2.mp4', 'v 5.mp4']
        assert stats['replaced'] == 3 and dataset.broken() == [1, 2, 5]
    # a run that goes on remembers them
    again = build_own()
    again.note_broken([1, 2, 5, 99])
    assert again.broken() == [1, 2, 5]


def test_the_share_that_stops_a_run_is_that_of_all_processes(build_own, own_root):
    one, other = build_own(max_corrupt=0.01), build_own(max_corrupt=0.01)
    one.note_broken([0, 1])
    other.note_broken([4, 5])
    with pytest.raises(UserError, match=r'v 0\.mp4: .*4 of 8, more than max_corrupt=0\.01 allows'):
        share(one, other)


def test_too_many_corrupt_videos_stop_the_run(build_own, own_root):
    spoil(own_root, *range(TOLERATED + 1))
    dataset = build_own(max_corrupt=0.01)
    with pytest.raises(UserError, match=r'4 of 8.*max_corrupt=0.01.*check_videos.py own'):
        for index in range(8):
            dataset[index]
    assert len([build_own(max_corrupt=0.5)[index] for index in range(8)]) == 8


def test_no_video_at_all_ends_in_one_error(build_own, own_root):
    spoil(own_root, *range(8))
    with pytest.raises(UserError, match=r'none of 20 videos of .*train\.txt'):
        build_own(max_corrupt=1.0)[0]


@pytest.mark.parametrize('workers', [0, 1])
def test_error_names_video_reason_and_line_in_one_line(build_own, own_root, workers):
    spoil(own_root, 2)
    dataset = build_own(test_mode=True)
    with pytest.raises(UserError) as caught:
        list(DataLoader(dataset, num_workers=workers, collate_fn=list))
    assert str(caught.value) == (
        f'cannot decode {own_root / "own/videos/v 2.mp4"} (0 frames: 0 bytes): line 3 of train.txt; '
        "--skip-broken (on_corrupt='skip') goes on without it"
    )


def test_skipped_videos_are_dropped_and_counted(build_own, own_root):
    spoil(own_root, 2, 4, 5)
    dataset = build_own(test_mode=True, on_corrupt='skip')
    loader = DataLoader(dataset, batch_size=2, num_workers=1, collate_fn=skip_collate)
    batches = list(loader)
    assert [len(b['inputs']) for b in batches] == [2, 1, 0, 2]
    kept = [s.sample_idx for b in batches for s in b['data_samples']]
    assert kept == [0, 1, 3, 6, 7]
    stats = dataset.read_stats()
    assert [Path(n).name for n in stats['names']] == ['v 2.mp4', 'v 4.mp4', 'v 5.mp4']
    assert stats['replaced'] == 0


def test_other_errors_are_not_taken_for_corrupt_videos(build_own):
    def fault(results):
        raise RuntimeError('a fault of the pipeline')

    with pytest.raises(RuntimeError, match='a fault of the pipeline'):
        build_own(pipeline=[fault])[0]


def test_part_of_a_data_set(build_own, own_root):
    spoil(own_root, 7)
    few = build_own(indices=[1, 7])
    assert len(few) == 2 and few[0]['data_samples'].gt_label.item() == 1
    subset = build_own().get_subset([1, 7])
    loader = DataLoader(subset, num_workers=1, collate_fn=list)
    assert [s['data_samples'].gt_label.item() for (s,) in loader] == [1, 1]
    assert [Path(n).name for n in subset.read_stats()['names']] == ['v 7.mp4']


def test_a_subset_or_split_that_is_not_there(build_own):
    with pytest.raises(UserError, match=r'test\.txt'):
        build_own(subset='test')
    with pytest.raises(UserError, match=r'train2\.txt'):
        build_own(split=2)


def test_a_label_outside_the_classes(build_own, own_root):
    (own_root / 'own/train.txt').write_text('videos/v 0.mp4 1\nvideos/v 1.mp4 4\n')
    with pytest.raises(UserError, match=r'label 4 at .*train.txt:2, allowed 0..3.*1-based'):
        build_own()


def test_a_missing_video(build_own, own_root):
    (own_root / 'own/videos/v 3.mp4').unlink()
    with pytest.raises(UserError, match=r'8 lines read, 1 videos not found.*v 3.mp4'):
        build_own(test_mode=True)
    dataset = build_own()
    assert dataset[3]['data_samples'].sample_idx != 3
    assert build_own(test_mode=True, on_corrupt='skip')[3] is None
    for number in range(4):
        (own_root / f'own/videos/v {number}.mp4').unlink(missing_ok=True)
    with pytest.raises(UserError, match=r'8 lines read, 4 videos not found.*v 0.mp4'):
        build_own()
    assert len(build_own(max_corrupt=0.5)) == 8
    for number in range(8):
        (own_root / f'own/videos/v {number}.mp4').unlink(missing_ok=True)
    with pytest.raises(UserError, match='8 videos not found'):  # not one is there: a wrong root
        build_own(max_corrupt=1.0)


def test_a_video_that_goes_missing_later_is_replaced(build_own, own_root):
    dataset = build_own()
    (own_root / 'own/videos/v 3.mp4').unlink()
    assert dataset[3]['data_samples'].sample_idx != 3
    assert dataset.read_stats()['replaced'] == 1


@pytest.mark.parametrize(
    'arguments',
    [
        dict(on_corrupt='drop'),
        dict(augment='gpu'),
        dict(seed=-1),
        dict(max_corrupt=1.5),
        dict(max_corrupt=float('nan')),
    ],
)
def test_wrong_arguments_are_named(build_own, arguments):
    with pytest.raises(UserError, match=f'{next(iter(arguments))}='):
        build_own(**arguments)
