"""Memory of one training step on a GPU at paper size: an estimate, from fake tensors, without a GPU.

Each recipe of each method, and MLFO on every backbone (``--all``: each method on each), in float32 and
under ``--amp``, with the batch that the recipe gives to one of 8 GPUs. Rows go to
``results/estimates/gpu_memory.csv``, which the table of costs shows; a step that a GPU would refuse ends
the script by name.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Iterator
from pathlib import Path

from mlfo_mm.engine.config import load_config
from mlfo_mm.engine.dry_step import dry_step
from mlfo_mm.reporting.estimates import CARDS, FIELDS, GIB, ROOM
from mlfo_mm.study.identity import DEFAULT
from mlfo_mm.study.methods import cards
from mlfo_mm.study.paths import CONFIGS

BACKBONES = sorted(path.stem for path in (CONFIGS / 'backbones').glob('*.py'))


def runs(everything: bool) -> Iterator[tuple[str, str, str]]:
    """Method, variant and backbone of each row."""
    for card in cards().values():
        own = card.backbone
        for variant in card.variants:
            of_all = everything or (card.key == 'mlfo' and variant.variant == DEFAULT)
            for backbone in BACKBONES if of_all else (own,):
                yield card.key, variant.variant, backbone


def estimate(method: str, variant: str, backbone: str, amp: bool) -> dict[str, object]:
    """One row of the table."""
    change = '' if variant == DEFAULT else f'+{variant}'
    found = dry_step(load_config(f'{method}/{backbone}@k400{change}'), amp=amp)
    row = dict(
        method=method,
        variant=variant,
        backbone=backbone,
        precision='bfloat16' if amp else 'float32',
        samples=found.samples,
        weights_gib=found.weights / GIB,
        optimizer_gib=(found.optimizer + found.buckets) / GIB,
        activations_gib=(found.inputs + found.activations) / GIB,
        total_gib=found.total / GIB,
    )
    room = {f'largest_{card}': found.largest_batch(ROOM * card * 1e9) for card in CARDS}
    return {key: f'{v:.3f}' if isinstance(v, float) else v for key, v in (row | room).items()}


def main() -> None:
    """Estimate, print, store after each row; rows that are stored stay."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--all', action='store_true', help='every method on every backbone')
    parser.add_argument('--csv', type=Path, default=Path('results/estimates/gpu_memory.csv'))
    parser.add_argument('--anew', action='store_true', help='forget the rows that are stored')
    args = parser.parse_args()
    rows = []
    if args.csv.is_file() and not args.anew:
        with args.csv.open(newline='') as file:
            rows = list(csv.DictReader(file))
    known = {tuple(row[key] for key in FIELDS[:4]) for row in rows}
    args.csv.parent.mkdir(parents=True, exist_ok=True)
    for method, variant, backbone in runs(args.all):
        for amp in (False, True):
            if (method, variant, backbone, 'bfloat16' if amp else 'float32') in known:
                continue
            rows.append(estimate(method, variant, backbone, amp))
            print(*rows[-1].values(), flush=True)
            rows.sort(key=lambda row: tuple(row[key] for key in FIELDS[:4]))
            with args.csv.open('w', newline='') as file:
                writer = csv.DictWriter(file, FIELDS, lineterminator='\n')
                writer.writeheader()
                writer.writerows(rows)


if __name__ == '__main__':
    main()
