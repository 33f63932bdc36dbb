"""Checkpoints that nobody would write, and the tools that read them."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import fuzz_values
import torch
from fuzz_samples import EVALUATE, SMOKE, Words, places


def checkpoints(rng: random.Random, folder: Path, samples: Path) -> Words:
    """A checkpoint whose bytes, structure or tensors are changed, for what reads checkpoints."""
    whole, path = samples / 'run/epoch_1.pth', folder / 'epoch_1.pth'
    if rng.random() < 0.3:
        path.write_bytes(fuzz_values.mangled(rng, whole.read_bytes()))
    else:
        content = torch.load(whole, weights_only=True)
        for part in ('state_dict', 'optimizer', 'message_hub'):
            if rng.random() < 0.2:
                content[part] = fuzz_values.changed(rng, content[part])
        if rng.random() < 0.5:
            content['meta'] = fuzz_values.changed(rng, content['meta'])
        if rng.random() < 0.5:
            key = rng.choice([*content['state_dict']])
            content['state_dict'][key] = rng.choice(_tensors(content['state_dict'][key]))
        if rng.random() < 0.2:
            content = {rng.choice(('model', 'student', '\x1b[2J', 'state_dict')): content}
        torch.save(content if rng.random() < 0.9 else fuzz_values.value(rng), path)
    train = ['tools/train.py', SMOKE, '--work-dir', str(folder / 'run'), '--resume', str(path)]
    return rng.choice(
        (
            ['tools/evaluate.py', str(path), *EVALUATE, *places(folder)],
            ['tools/convert_checkpoint.py', 'export', str(path), str(folder / 'a.safetensors')],
            ['tools/record_pretraining.py', str(folder), '--results', str(folder / 'results')],
            train,
        )
    )


def _tensors(like: Any) -> list[Any]:
    if not isinstance(like, torch.Tensor):
        return [torch.ones(2, device='meta')]
    return [
        torch.empty(like.shape, device='meta'),
        torch.ones(2, 2).to_sparse(),
        torch.ones(1).expand(10**9),
        like.to(torch.complex64),
        like.to(torch.bool),
        like.half() if like.is_floating_point() else like.float(),
        torch.full_like(like, float('nan')) if like.is_floating_point() else like,
        torch.tensor([]),
    ]
