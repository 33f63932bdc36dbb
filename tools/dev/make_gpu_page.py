"""The tables of ``docs/gpu.md``: hours of the paper's pretrainings on 1, 4 and 8 GPUs, and memory.

Hours are arithmetic, no measurement: multiply-adds of the backbone for the clips that a method sends
through it, at a share of a card's peak that is assumed; and videos at the rate that a core decoded in
``results/bench``.
"""

from __future__ import annotations

import argparse
import functools
import json
from pathlib import Path

from mlfo_mm.engine.config import load_config
from mlfo_mm.errors import UserError
from mlfo_mm.models.utils import complexity
from mlfo_mm.reporting.estimates import estimates_grid, load_estimates
from mlfo_mm.reporting.render.markdown import grid_markdown
from mlfo_mm.study.experiments import Experiment, all_rows
from mlfo_mm.study.identity import DEFAULT
from mlfo_mm.study.methods import cards, method_name
from mlfo_mm.study.names import BACKBONES
from mlfo_mm.study.paths import REPOSITORY
from mlfo_mm.study.profiles import PROFILES
from mmaction.registry import MODELS, TRANSFORMS
from mmengine.registry import init_default_scope

BEGIN, END = '<!-- {}: begin, written by tools/dev/make_gpu_page.py -->', '<!-- {}: end -->'
VIDEOS = dict(k400=240_436, k600=392_622, ucf101=9_537)  # training lists; UCF101's first split
PEAK, SHARE = 989e12, 0.25  # dense bfloat16 of an H100, as its maker states it; assumed share of it
CORES = 16  # of a GPU's share of its machine
GPUS = (1, 4, 8)


@functools.cache
def gmacs(backbone: str, clip_len: int, crop: int) -> float:
    """Multiply-adds of a clip, in 10^9."""
    init_default_scope('mmaction')
    config = load_config(f'mlfo/{backbone}@k400').model.backbone
    return complexity(MODELS.build(config), clip_len, crop).gflops


def decode_rate() -> float:
    """Samples a second of one core, augmented by the worker, as it was measured."""
    stored = json.loads((REPOSITORY / 'results/bench/input_pipeline.json').read_text())
    return stored['samples_per_second']['pipeline']


def hours(flops: float, samples: float, gpus: int) -> tuple[float, float]:
    """Of the GPUs, and of the cores that feed them."""
    computed = samples * flops / (gpus * SHARE * PEAK) / 3600
    return computed, samples / (gpus * CORES * decode_rate()) / 3600


def row(experiment: Experiment) -> tuple[str, tuple[str, ...]]:
    """Name and cells of a line."""
    card = cards()[experiment.method]
    variants = {each.variant: each for each in card.variants}
    passes = variants.get(experiment.variant or DEFAULT, card.variants[0])
    config = load_config(experiment.run(PROFILES['paper']), dict(experiment.options))
    sampler = TRANSFORMS.build(config.train_pipeline[1])
    drawn = sampler(dict(total_frames=300, start_index=0))
    one = gmacs(experiment.backbone, drawn['clip_len'], config.crop_size)
    more = 0
    if config.model.get('augment') == 'clips':  # an ablation: augmented clips go through it too
        more = 2 * len(config.model.augmentations)
    flops = 2e9 * one * (passes.forward + more + 2 * (passes.backward + more))
    samples = VIDEOS[experiment.pretrain] * config.train_cfg.max_epochs
    name = method_name(experiment.method) + (
        '' if experiment.name == DEFAULT else f', {experiment.name}'
    )
    times = [max(hours(flops, samples, gpus)) for gpus in GPUS]
    computed, decoded = hours(flops, samples, 1)
    return name, (
        BACKBONES.get(experiment.backbone, experiment.backbone),
        experiment.pretrain,
        f'{config.train_cfg.max_epochs}',
        f'{flops / 1e9:.0f}',
        *(f'{each:.1f}' for each in times),
        'data' if decoded > computed else 'GPU',
        f'{SHARE * PEAK / flops / decode_rate():.0f}',
    )


def hours_table() -> str:
    """All rows; those of one method and the same numbers are one."""
    heads = [
        'Run',
        'Backbone',
        'Set',
        'Epochs',
        'GFLOP a video',
        *(f'Hours, {n} GPU' for n in GPUS),
    ]
    heads += ['Waits for', 'Cores a GPU']
    alike: dict[tuple[str, ...], list[str]] = {}
    for each in all_rows(PROFILES['paper']):
        if each.method in cards():
            name, cells = row(each)
            alike.setdefault((method_name(each.method), *cells), []).append(name)
    lines = [heads, ['---'] * len(heads)]
    for (_, *cells), names in alike.items():
        first, *others = dict.fromkeys(names)
        lines.append([first + (f' and {len(others)} more' if others else ''), *cells])
    return '\n'.join(f'| {" | ".join(line)} |' for line in lines)


def memory_table() -> str:
    """The stored estimates of memory."""
    return grid_markdown(estimates_grid(load_estimates(REPOSITORY / 'results')))


def main() -> None:
    """Write the table between the two marks of the page."""
    parser = argparse.ArgumentParser(description=__doc__.partition('\n')[0])
    parser.add_argument('--page', type=Path, default=REPOSITORY / 'docs/gpu.md')
    path = parser.parse_args().page
    text = path.read_text()
    for name, table in (('hours', hours_table), ('memory', memory_table)):
        begin, end = BEGIN.format(name), END.format(name)
        if text.count(begin) != 1 or text.count(end) != 1:
            raise UserError(f'{path}: needs the lines {begin!r} and {end!r}')
        head, _, rest = text.partition(begin)
        text = f'{head}{begin}\n\n{table()}\n\n{end}{rest.partition(end)[2]}'
    path.write_text(text)
    print(path)


if __name__ == '__main__':
    main()
