"""What differs where processes talk by NCCL: which calls there are, and the way that gloo never takes."""

from __future__ import annotations

import re

import torch
import torch.distributed as dist
from torch.distributed.nn import functional

from mlfo_mm.study.paths import REPOSITORY

# calls of torch's own, each with a reason why it works with NCCL; mmengine's move what is on the CPU
DIRECT = {
    ('engine/hooks/preemption.py', 'new_group'): 'a group of gloo, for numbers on the CPU',
    ('engine/hooks/preemption.py', 'all_reduce'): 'in that group',
    ('engine/starters.py', 'init_process_group'): 'gloo, where there is no GPU',
    ('models/utils/gather.py', 'all_gather'): 'embeddings, on the device; its gradient below',
}
CALL = re.compile(
    r'(?<![\w.])(?:dist\.)?(all_gather|all_reduce|all_to_all|broadcast|gather|new_group|reduce|'
    r'reduce_scatter|scatter|init_process_group)\('
)


def test_every_direct_call_is_known():
    package = REPOSITORY / 'mlfo_mm'
    found = set()
    for path in package.rglob('*.py'):
        text = path.read_text()
        if 'torch.distributed' not in text:
            continue
        ours = set(re.findall(r'from mmengine\.dist import (.*)', text))
        for match in CALL.finditer(text):
            if not any(match[1] in line.split(', ') for line in ours) or 'dist.' in match[0]:
                found.add((path.relative_to(package).as_posix(), match[1]))
    assert found == set(DIRECT)


def test_the_gradient_of_a_gather_by_nccl_is_gloo_s(monkeypatch):
    """Two ranks in one process: by NCCL torch scatters sums, by gloo it adds what all send."""
    sent = torch.randn(2, 2, 3, 4)  # rank, slice, gradient: what rank r has for slice s

    class Graph:
        group = None

    def reduce_scatter(out, inputs, op, group):
        assert op == dist.ReduceOp.SUM and torch.equal(torch.stack(inputs), sent[rank])
        out.copy_(sent[:, rank].sum(0))

    def all_to_all(ctx, tensors, *inputs):
        return tuple(sent[:, rank])

    monkeypatch.setattr(dist, 'get_rank', lambda group=None: rank)
    monkeypatch.setattr(dist, 'reduce_scatter', reduce_scatter)
    monkeypatch.setattr(functional._AlltoAll, 'apply', lambda *a: all_to_all(*a))
    for rank in (0, 1):
        of = {}
        for backend in ('nccl', 'gloo'):
            monkeypatch.setattr(dist, 'get_backend', lambda group=None, name=backend: name)
            _, of[backend] = functional._AllGather.backward(Graph, *sent[rank])
        torch.testing.assert_close(of['nccl'], of['gloo'])
        torch.testing.assert_close(of['nccl'], sent[:, rank].sum(0))
