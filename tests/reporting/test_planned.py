"""What was named before the runs is tested beside the paper's claims, as a table of its own."""

from __future__ import annotations

from mlfo_mm.reporting.claims import CLAIMS
from mlfo_mm.reporting.claims_page import claims_markdown
from mlfo_mm.reporting.planned import PLANNED, TABLE, TITLE
from mlfo_mm.reporting.verdicts import judge
from mlfo_mm.study.profiles import PROFILES


def test_random_weights_contrast_and_the_released_forms(make_record):
    tops = {('mlfo', 'default'): 60.0, ('mlfo', 'official'): 59.9, ('simclr', 'default'): 50.0}
    tops['random', ''] = 40.0
    records = [
        make_record(
            method=method,
            variant=variant,
            pretrain_dataset='none' if method == 'random' else 'digits_motion',
            seed=seed,
            metrics=dict(top1=top1 + seed + (seed % 2) / 4),
        )
        for (method, variant), top1 in tops.items()
        for seed in range(3)
    ]
    verdicts = judge(records, PROFILES['demo'], None, (*CLAIMS, *PLANNED))
    probed = [v for v in verdicts if v.claim.name == 'P.1' and v.dataset == 'digits_motion']
    assert [(v.worse.method, v.status) for v in probed] == [
        ('random', 'reproduced'),
        ('simclr', 'reproduced'),
        ('mlfo', 'inconclusive'),
    ]
    # corrected among themselves
    family = [v for v in verdicts if v.claim.table == TABLE and v.p is not None]
    assert max(v.p_holm for v in family) <= min(1.0, len(family) * max(v.p for v in family))
    page = claims_markdown(dict(demo=verdicts), {})
    section = page.split(f'### {TITLE}')[1]
    assert '| P.1 ' in section and 'Not run' in section
    assert 'P.1' not in page.split('## What the paper says')[1]
