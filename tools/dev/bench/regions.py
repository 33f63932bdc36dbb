"""Which part of a training step an operation of the torch profiler belongs to."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from torch.autograd import DeviceType
from torch.autograd.profiler_util import FunctionEvent

SYNC = ('aten::_local_scalar_dense', 'cudaStreamSynchronize', 'cudaDeviceSynchronize')
BACKWARD = 'autograd::engine::evaluate_function: '
REGIONS = ('data wait', 'augmentation')  # named by who profiles, as 'backbone' and 'step'


def chain_of(event: FunctionEvent) -> list[FunctionEvent]:
    """An operation and those that it is part of, outwards."""
    chain = [event]
    while chain[-1].cpu_parent is not None:
        chain.append(chain[-1].cpu_parent)
    return chain


def part_of(event: FunctionEvent, inside: dict[int, bool]) -> str:
    """Which part of the step; ``inside`` says if a graph node is the backbone's."""
    chain = chain_of(event)
    names = [each.name for each in chain]
    for region in REGIONS:
        if region in names:
            return region
    if event.name in SYNC:
        return 'host sync'
    if any(name.startswith('Optimizer.') for name in names):
        return 'optimiser'
    backward = any(name.startswith(BACKWARD) for name in names)
    nodes = [each.sequence_nr for each in chain if each.sequence_nr >= 0]
    if any(inside.get(node) for node in nodes) if backward else 'backbone' in names:
        said = ''.join(names).lower()
        if 'conv' in said:
            return 'convolution backward' if backward else 'convolution forward'
        return 'batch norm' if re.search('batch_?norm', said) else 'rest of the backbone'
    return 'heads and losses' if nodes and 'step' in names else 'rest'


def nodes_of_backbone(events: Sequence[FunctionEvent]) -> dict[int, bool]:
    """Whether a node of the graph, by its number, was made within the backbone."""
    inside: dict[int, bool] = {}
    for event in sorted(events, key=lambda event: event.time_range.start):
        names = [each.name for each in chain_of(event)]
        if event.sequence_nr >= 0 and not any(name.startswith(BACKWARD) for name in names):
            inside[event.sequence_nr] = 'backbone' in names  # the last one made the node
    return inside


def shares(events: Sequence[FunctionEvent], gpu: bool) -> dict[str, float]:
    """Share of the time of each part, the largest first: the device's, but for waits."""
    events = [event for event in events if event.device_type == DeviceType.CPU]
    inside = nodes_of_backbone(events)
    spent: Counter[str] = Counter()
    for event in events:
        part = part_of(event, inside)
        waits = part in ('data wait', 'host sync')
        spent[part] += (
            event.self_device_time_total if gpu and not waits else event.self_cpu_time_total
        )
    return {part: value / spent.total() for part, value in spent.most_common()}
