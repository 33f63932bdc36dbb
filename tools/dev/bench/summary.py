"""The ratios of ``results/bench`` beside their goals: printed, and written to ``summary.md``."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any, NamedTuple


class Goal(NamedTuple):
    """A ratio of a JSON, by the beginning of its name, and what it must be."""

    file: str
    ratio: str
    text: str
    sign: str
    bound: float


GOALS = (
    Goal('train_step_fp32', 'configs/', 'step of MLFO, float32, in that of the backbone', '<=', 1.05),
    Goal('train_step_bf16', 'configs/', 'the same, bfloat16', '<=', 1.05),
    Goal('train_step_methods', 'configs/', 'step of {0} in that of the backbone', '<=', 1.10),
    Goal('run_cost', '', 'training with {0}, reading included, in its backbone', '<=', 1.25),
    Goal('autocast', 'float32 / bfloat16', 'step in float32 in that of {1}', '>=', 2.2),
    Goal('allocator', 'speed of', '{0}', '>=', 1.0),
    Goal('losses', 'objective of', 'losses: {0}', '<=', 0.03),
    Goal('losses', 'MB, objective of 1024', 'losses: {0}', '<=', 200),
    Goal('input_pipeline', 'speed as a share', 'input pipeline, speed in that of decord alone', '>=', 0.6),
    Goal('input_pipeline', 'speed in stock', "the same, in that of MMAction2's transforms", '>=', 2.0),
    Goal('input_pipeline', 'CPU time of a worker', '{0}', '<=', 1.2),
    Goal('decoders', 'speed of', '{0}', '>=', 1.0),
    Goal('frame_cache', 'speed of an epoch', '{0}, with the frame cache', '>=', 5.0),
    Goal('features', 'time of extraction', 'features: {0}', '<=', 1.10),
    Goal('processes', 'speed of', '{0}', '>=', 0.85),
    Goal('imports', 'seconds, import mlfo_mm', '{0}', '<=', 5.0),
    Goal('imports', 'seconds, tables', '{0}', '<=', 5.0),
)  # fmt: skip


def rows(folder: Path) -> list[tuple[str, str, str, str]]:
    """What was measured, the ratio, its goal, and whether it is met."""
    table = []
    for goal in GOALS:
        stored = read(folder / f'{goal.file}.json')
        found = {n: v for n, v in stored.get('ratios', {}).items() if n.startswith(goal.ratio)}
        for name, value in found.items():
            if name.endswith('CPU time'):
                continue
            met = value <= goal.bound if goal.sign == '<=' else value >= goal.bound
            text = goal.text.format(name.partition(':')[0], name.partition(' / ')[2])
            wanted = f'{goal.sign} {goal.bound:g}'
            table.append((text, f'{value:.3f}', wanted, 'yes' if met else 'no'))
        if not found:
            table.append(
                (goal.text.format(goal.ratio, ''), '-', f'{goal.sign} {goal.bound:g}', '-')
            )
    return table


def read(path: Path) -> dict[str, Any]:
    """A JSON; nothing where there is none."""
    return json.loads(path.read_text()) if path.is_file() else {}


def main() -> None:
    """Print and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('folder', nargs='?', type=Path, default=Path('results/bench'))
    folder = parser.parse_args().folder
    table = rows(folder)
    width = max(len(text) for text, *_ in table)
    for text, value, wanted, met in table:
        print(f'{text:{width}s} {value:>8s} {wanted:>8s} {met}')
    known = [read(folder / f'{name}.json') for name in dict.fromkeys(goal.file for goal in GOALS)]
    machines = {
        f'{each["hardware"]["cpu"]}, {each["hardware"]["cores"]} cores, torch {each["versions"]["torch"]}'
        + ''.join(f', {gpu}' for gpu in each['hardware']['gpus'])
        for each in known
        if 'hardware' in each
    }
    lines = [
        '# Measured costs',
        '',
        f'On {"; ".join(sorted(machines))}. Made by `tools/dev/bench/all.sh`.',
        '',
    ]
    lines += ['| what | ratio | goal | met |', '|---|---|---|---|']
    lines += [f'| {" | ".join(row)} |' for row in table]
    (folder / 'summary.md').write_text('\n'.join(lines) + '\n')


if __name__ == '__main__':
    main()
