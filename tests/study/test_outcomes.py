"""What a record says of each test video."""

from __future__ import annotations

import numpy as np
import pytest

from mlfo_mm.errors import UserError
from mlfo_mm.study.outcomes import by_video, values_of
from mlfo_mm.study.records import load_records, write_record

COUNTS = dict(expected=4, read=4, skipped=0)
SAMPLES = dict(n_samples=dict(train=COUNTS, test=COUNTS))


def test_text_and_back():
    text = by_video(np.array([True, False, 2 / 3]))
    assert text == '100 0 66.67'
    np.testing.assert_allclose(values_of(text), [100, 0, 66.67])


def test_they_stand_in_the_record(make_record, tmp_path):
    record = make_record(outcomes=dict(top1='100 0 66.67 33.33'), **SAMPLES)
    write_record(record, tmp_path)
    assert load_records(tmp_path)[0].outcomes == record.outcomes


@pytest.mark.parametrize(
    ('outcomes', 'problem'),
    [
        (dict(top1='100 0 100'), 'top1 has 3 videos, 4 were read'),
        (dict(top1='100 0 100 100'), 'top1 has a mean of 75.000, the metric is 50'),
        (dict(top5='100 0 100 0'), 'top5 has a mean of 50.000, the metric is None'),
        (dict(top1='100 0 150 -50'), 'no percentages'),
        (dict(top1='nan 100 0 0'), 'no percentages'),
        (dict(top1='100  0 100 0'), 'numbers with a space between'),
        (dict(top1=''), 'numbers with a space between'),
    ],
)
def test_what_cannot_be(make_record, tmp_path, outcomes, problem):
    with pytest.raises(UserError, match=f"'outcomes': .*{problem}"):
        write_record(make_record(outcomes=outcomes, **SAMPLES), tmp_path)
