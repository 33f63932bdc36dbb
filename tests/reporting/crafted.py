"""Fabricated results that fill every figure: for tests and for looking at, nothing else."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from mlfo_mm.study.identity import hash_text
from mlfo_mm.study.records import Record
from tests.reporting.conftest import build

DATASETS = ('digits_motion', 'digits_class')
COUNTS = dict(
    train=dict(expected=480, read=480, skipped=0), test=dict(expected=160, read=160, skipped=0)
)
GEOMETRY = dict(crop_size=56, short_side=64)


def family_of(*parts: object) -> str:
    return hash_text(' '.join(map(str, parts)))


def config(prototypes: int = 100, first_stage: float = 0.2) -> dict[str, Any]:
    text = f'seed = 0\n# pretraining\nK = {prototypes}, E = {first_stage}\n'
    settings = dict(prototypes=float(prototypes), first_stage=first_stage)
    return dict(config_text=text, config_hash=hash_text(text), settings=settings)


def probe(
    variant: str, top1: float, seeds: Sequence[int] = (0, 1, 2), **changes: Any
) -> list[Record]:
    """Linear probes of a variant on both data sets, seeds 1.5 points apart."""
    shape = changes.pop('shape', config())
    return [
        build(
            variant=variant,
            seed=seed,
            dataset=dataset,
            metrics=dict(top1=top1 + 6 * place + 1.5 * seed),
            family_hash=family_of(variant, dataset, changes.get('method')),
            **shape,
            **changes,
        )
        for place, dataset in enumerate(DATASETS)
        for seed in seeds
    ]


def sweep_records() -> list[Record]:
    """Sweeps over K and E around the default of 100 and 20 %."""
    records = probe('default', 41.0)
    for number, top1 in ((5, 33.0), (20, 38.5), (400, 40.0)):
        records += probe(f'prototypes_{number}', top1, shape=config(prototypes=number))
    for percent, top1 in ((0, 36.0), (10, 40.0), (50, 35.0)):
        records += probe(
            f'first_stage_{percent}', top1, (0,), shape=config(first_stage=percent / 100)
        )
    return records


def table_records() -> list[Record]:
    """The rows of tables 2 and 3 on R3D-18; one of them failed."""
    records = []
    rows = dict(no_lower=35.0, one_hot=34.0, instance=37.0, semantic=31.0, combined_high=38.0)
    for variant, top1 in rows.items():
        records += probe(variant, top1, (0,))
    records += probe('no_temporal', 30.0) + probe('ctm', 26.0, (0, 1))
    records += probe('', 18.0, (0,), method='random', pretrain_dataset='none')
    records += probe('default', 29.0, (0,), method='simclr')
    records.append(
        build(
            task='finetune',
            seed=1,
            status='failed',
            metrics={},
            reason='loss is not finite <script>alert(1)</script>',
            family_hash=family_of('failed'),
        )
    )
    return records


def pretrain_record(variant: str = 'default', seed: int = 0, epochs: int = 8) -> Record:
    """A pretraining run with curves of every kind; graphs begin at the third epoch."""
    steps = list(range(1, epochs + 1))

    def falling(start: float, end: float) -> list[float | None]:
        return [end + (start - end) * math.exp(-0.5 * (step - 1)) + 0.02 * seed for step in steps]

    curves: dict[str, list[float | None]] = dict(
        epoch=list(map(float, steps)),
        loss=falling(12.0, 5.0),
        loss_instance_high=falling(4.0, 1.2),
        acc_instance_high=[100 - value for value in falling(90, 20) if value is not None],
        loss_semantic=falling(1.1, 0.6),
        stat_prototypes_used=[100 - value for value in falling(90, 15) if value is not None],
        stat_std_semantic=falling(0.03, 0.07),
        lr=[1e-3] * epochs,
    )
    for level, weight in (('low', 0.3), ('mid', 0.5)):
        curves[f'loss_motion_{level}'] = falling(3 * weight, weight)
        curves[f'acc_motion_{level}'] = [
            100 - value / weight for value in falling(30, 10) if value is not None
        ]
        curves[f'loss_graph_{level}'] = [None, None, *falling(5 * weight, 3 * weight)[2:]]
        curves[f'stat_edges_{level}'] = [None, None, *falling(3, 1.4)[2:]]
        curves[f'stat_std_contrast_{level}'] = falling(0.02, 0.08)
    return build(
        task='pretrain',
        variant=variant,
        seed=seed,
        metrics=dict(loss=5.0),
        curves=curves,
        cost=dict(params_m=2.1, gflops=0.5, clips_per_s=31.0, peak_memory_mb=900, wall_time_s=75),
        family_hash=family_of('pretrain', variant),
        n_samples=COUNTS,
    )


def clip(video: str, label: str, **more: Any) -> dict[str, Any]:
    return {'video': video, 'class': label, 'frames': [0, 4, 8, 12, 16, 20], **more}


def neighbours_record(videos: Sequence[str], labels: Sequence[str]) -> Record:
    """Three queries whose neighbours are the other videos in turn."""

    def near(start: int) -> list[dict[str, Any]]:
        return [
            clip(
                videos[(start + k) % len(videos)],
                labels[(start + k) % len(labels)],
                similarity=0.9 - 0.1 * k,
            )
            for k in range(3)
        ]

    queries = [
        dict(query=clip(videos[i], labels[i]), instance=near(i), semantic=near(i + 1))
        for i in range(3)
    ]
    return build(
        task='neighbours',
        metrics=dict(hits_instance=41.2, hits_semantic=37.5),
        protocol=dict(line='top 3', num_classes=8, **GEOMETRY),
        details=dict(queries=queries),
        family_hash=family_of('neighbours'),
    )


def order_records(videos: Sequence[str], labels: Sequence[str]) -> list[Record]:
    """Order classifiers of the three variants, with maps that wander over the clip."""
    records = []
    for place, (variant, accuracy) in enumerate(
        dict(default=83.0, ctm=61.0, no_temporal=55.0).items()
    ):
        for seed in (0, 1):
            clips = [
                clip(
                    videos[i],
                    labels[i],
                    reversed=bool(i % 2),
                    probability=0.8 - 0.25 * place,
                    cam=[
                        [
                            [math.exp(-((x - t - i) ** 2) - (y - 2) ** 2) for x in range(4)]
                            for y in range(4)
                        ]
                        for t in range(2)
                    ],
                )
                for i in range(3)
            ]
            records.append(
                build(
                    task='order',
                    variant=variant,
                    seed=seed,
                    metrics=dict(accuracy=accuracy + seed),
                    protocol=dict(line='order', num_classes=8, **GEOMETRY),
                    details=dict(clips=clips),
                    family_hash=family_of('order', variant),
                )
            )
    return records
