"""The tables and rates of ``docs/gpu.md``: hours of the paper's pretrainings on 1, 4 and 8 GPUs, and memory.

Hours are arithmetic, no measurement: multiply-adds of the backbone for the clips that a method sends
through it, at a share of a card's peak that is assumed; and videos at the rate that a core decoded in
``results/bench``. What they are made of goes to ``results/estimates/gpu_work.csv``, which the plans of
``tools/benchmark.py`` read.
"""

from __future__ import annotations

import argparse
import csv
import functools
import io
import json
from dataclasses import astuple
from pathlib import Path
from collections.abc import Iterable
from typing import Any

from mlfo_mm.benchmark.arithmetic import (
    CORES,
    FIELDS,
    FILE,
    MIB,
    PEAK,
    SHARE,
    Network,
    decode_rate,
    hours,
    networks,
)
from mlfo_mm.engine.config import load_config
from mlfo_mm.errors import UserError
from mlfo_mm.files import write_atomic
from mlfo_mm.models.utils import complexity
from mlfo_mm.reporting.estimates import estimates_grid, load_estimates
from mlfo_mm.reporting.render.markdown import grid_markdown
from mlfo_mm.study.experiments import Experiment, all_rows
from mlfo_mm.study.identity import DEFAULT
from mlfo_mm.study.methods import cards, method_name
from mlfo_mm.study.names import BACKBONES
from mlfo_mm.study.paths import REPOSITORY
from mlfo_mm.study.profiles import PROFILES
from mlfo_mm.study.runs import SETS
from mlfo_mm.study.sizes import SIZES
from mmaction.registry import MODELS, TRANSFORMS
from mmengine.registry import init_default_scope

BEGIN, END = '<!-- {}: begin, written by tools/dev/make_gpu_page.py -->', '<!-- {}: end -->'
GPUS = (1, 4, 8)


@functools.cache
def gmacs(backbone: str, clip_len: int, crop: int) -> float:
    """Multiply-adds of a clip, in 10^9."""
    init_default_scope('mmaction')
    config = load_config(f'mlfo/{backbone}@k400').model.backbone
    return complexity(MODELS.build(config), clip_len, crop).gflops


def checkpoint_bytes(model: Any, optimizer: Any) -> float:
    """Size of a checkpoint: the weights, and what the optimiser holds of those that it trains."""
    weights = sum(tensor.numel() * tensor.element_size() for tensor in model.state_dict().values())
    trained = sum(each.numel() for each in model.parameters() if each.requires_grad)
    return weights + 4 * trained * (2 if 'Adam' in optimizer.type.__name__ else 1)


def row(experiment: Experiment) -> tuple[str, tuple[str, ...], Network]:
    """Name and cells of a line, and what they are made of."""
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
    dataset = SETS[experiment.pretrain]
    samples = SIZES[dataset][1].train * config.train_cfg.max_epochs
    name = method_name(experiment.method) + (
        '' if experiment.name == DEFAULT else f', {experiment.name}'
    )
    rate = decode_rate()
    times = [max(hours(flops * samples, samples, gpus, rate)) for gpus in GPUS]
    computed, decoded = hours(flops * samples, samples, 1, rate)
    model = MODELS.build(config.model)
    network = Network(
        experiment.method,
        experiment.name,
        experiment.backbone,
        dataset,
        round(flops / 1e9, 1),
        round(2 * gmacs(experiment.backbone, config.clip_len, config.crop_size), 2),
        round(checkpoint_bytes(model, config.optim_wrapper.optimizer) / MIB, 1),
        round(8 * sum(each.numel() for each in model.backbone.parameters()) / MIB, 1),
        sum(model.level_channels()),
    )
    cells = (
        BACKBONES.get(experiment.backbone, experiment.backbone),
        experiment.pretrain,
        f'{config.train_cfg.max_epochs}',
        f'{flops / 1e9:.0f}',
        *(f'{each:.1f}' for each in times),
        'data' if decoded > computed else 'GPU',
        f'{SHARE * PEAK / flops / rate:.0f}',
    )
    return name, cells, network


def write_work(networks: Iterable[Network]) -> None:
    """Write the counts for the plans, one a run."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator='\n')
    writer.writerow(FIELDS)
    writer.writerows(map(astuple, dict.fromkeys(networks)))
    print(write_atomic(REPOSITORY / 'results' / FILE, text.getvalue()))


def hours_table() -> str:
    """All rows; those of one method and the same numbers are one. Their counts are written, too."""
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
    networks = []
    for each in all_rows(PROFILES['paper']):
        if each.method in cards():
            name, cells, network = row(each)
            networks.append(network)
            alike.setdefault((method_name(each.method), *cells), []).append(name)
    write_work(networks)
    lines = [heads, ['---'] * len(heads)]
    for (_, *cells), names in alike.items():
        first, *others = dict.fromkeys(names)
        lines.append([first + (f' and {len(others)} more' if others else ''), *cells])
    return '\n'.join(f'| {" | ".join(line)} |' for line in lines)


def memory_table() -> str:
    """The stored estimates of memory."""
    return grid_markdown(estimates_grid(load_estimates(REPOSITORY / 'results')))


def rates_text(rate: float, gflop: float) -> str:
    """What a core decodes and a GPU computes; ``gflop`` is that of a video of MLFO's on R3D-18."""
    videos = SHARE * PEAK / (gflop * 1e9)
    cores = videos / rate
    cached = json.loads((REPOSITORY / 'results/bench/frame_cache.json').read_text())['ratios']
    least, most = min(cached.values()), max(cached.values())
    return (
        f'Data time is `videos x epochs / (GPUs x {CORES} cores x {rate:.1f} samples a second and '
        'core)`: the rate of one core of an AMD EPYC,\ndecoding 320 x 240 H.264 and DivX and '
        "augmenting MLFO's three clips (`results/bench/input_pipeline.json`; it went from 18 to 39 "
        'over the hosts\nthat this project was given, so measure yours). Other methods decode less or '
        'as much. The larger of both is what it takes, as loading and computing\noverlap; *Cores a '
        'GPU* is where both are equal.\n\n'
        f"So R3D-18 in MLFO's step, at {gflop:.0f} GFLOP a video, would take {SHARE} x "
        f'{PEAK / 1e12:.0f}e12 / {gflop:.0f}e9 = {videos:,.0f} videos or {3 * videos:,.0f} clips a '
        f'second on an H100,\nand {videos:,.0f} / {rate:.1f} = {cores:.0f} cores to feed it: '
        f'**8 H100s want {8 * cores:.0f} cores**. With the usual 8 to 16 a GPU, training waits for '
        'data,\nand more GPUs help only with their cores. A [frame cache](data.md#frame-cache) reads '
        f'{least:.1f} to {most:.1f} times as fast (`results/bench/frame_cache.json`), where the disk '
        'has room for it.'
    )


def main() -> None:
    """Write the tables and the rates between the marks of the page."""
    parser = argparse.ArgumentParser(description=__doc__.partition('\n')[0])
    parser.add_argument('--page', type=Path, default=REPOSITORY / 'docs/gpu.md')
    path = parser.parse_args().page
    text = path.read_text()
    parts = {'hours': hours_table(), 'memory': memory_table()}
    parts['rates'] = rates_text(decode_rate(), networks()[0].gflop_video)
    for name, part in parts.items():
        begin, end = BEGIN.format(name), END.format(name)
        if text.count(begin) != 1 or text.count(end) != 1:
            raise UserError(f'{path}: needs the lines {begin!r} and {end!r}')
        head, _, rest = text.partition(begin)
        text = f'{head}{begin}\n\n{part}\n\n{end}{rest.partition(end)[2]}'
    path.write_text(text)
    print(path)


if __name__ == '__main__':
    main()
