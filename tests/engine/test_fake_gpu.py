"""What a GPU would refuse, wait for or round fails on a fake one, by operation and line."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from mlfo_mm.engine.fake_gpu import Misplaced, fake_gpu
from mlfo_mm.models.utils import FeatureQueue, MomentumEncoder


def on_gpu(*shape: int, **options) -> torch.Tensor:
    return torch.empty(*shape, device='cuda', **options)


def in_bfloat16() -> torch.Tensor:
    return on_gpu(4, 4, dtype=torch.bfloat16)


def write(value: float) -> None:
    x = on_gpu(4)
    x[x > 0] = value


FAULTS = {
    'aten._local_scalar_dense': (lambda: on_gpu(1).item(), 'waits'),
    'aten.nonzero': (lambda: on_gpu(3).nonzero(), 'waits'),
    'aten.masked_select': (lambda: on_gpu(3).masked_select(on_gpu(3) > 0), 'waits'),
    'aten.equal': (lambda: torch.equal(on_gpu(3), on_gpu(3)), 'waits'),
    'aten.index.Tensor': (lambda: on_gpu(3)[on_gpu(3) > 0], 'waits'),
    'aten.index_put_': (lambda: write(0.0), 'waits'),
    'aten.add.Tensor': (lambda: on_gpu(3) + torch.ones(3), 'CPU'),
    'aten.mm': (lambda: torch.ones(3, 3) @ on_gpu(3, 3), 'CPU'),
    'aten._to_copy': (lambda: torch.ones(3).to('cuda'), 'between cpu and cuda'),
    'aten._to_copy ': (lambda: on_gpu(3).cpu(), 'between cpu and cuda'),
    'aten._to_copy  ': (lambda: on_gpu(4, 3)[:, [0, 2]], 'between cpu and cuda'),
    'aten._to_copy   ': (lambda: torch.tensor([1.0, 2.0], device='cuda'), 'between cpu and cuda'),
    'aten.copy_': (lambda: on_gpu(3).copy_(torch.ones(3)), 'between cpu and cuda'),
    'aten.exp': (lambda: in_bfloat16().exp(), '16 bits'),
    'aten.logsumexp': (lambda: torch.logsumexp(in_bfloat16(), 1), '16 bits'),
}


@pytest.mark.parametrize('name', FAULTS)
def test_faults_have_a_name(name):
    fault, why = FAULTS[name]
    with fake_gpu(), pytest.raises(Misplaced, match=why) as error:
        fault()
    assert str(error.value).startswith(name.strip())


def test_the_line_of_the_package_is_named():
    queue = FeatureQueue(4, 2)
    with fake_gpu() as gpu:
        gpu.move(queue)
        queue.ptr = torch.zeros((1,), dtype=torch.long)  # left on the CPU
        with pytest.raises(Misplaced, match=r'mlfo_mm/models/utils/queue.py:\d+'):
            queue.enqueue(on_gpu(3, 2))


def test_products_are_of_16_bits_under_autocast_and_gradients_of_the_weights_type():
    layer = nn.Conv3d(3, 4, 3)
    with fake_gpu() as gpu:
        gpu.move(layer)
        with torch.autocast('cuda', torch.bfloat16):
            made = layer(on_gpu(2, 3, 4, 8, 8))
        assert made.dtype == torch.bfloat16 and made.device.type == 'cuda'
        made.float().square().mean().backward()
        assert layer.weight.grad.dtype == torch.float32
        assert layer.weight.grad.device == layer.weight.device
        assert gpu.convolutions == {torch.bfloat16}
        layer(on_gpu(2, 3, 4, 8, 8))
        assert torch.float32 in gpu.convolutions


def test_the_cpu_keeps_its_values_and_hands_them_over_without_a_wait():
    with fake_gpu():
        torch.manual_seed(0)
        order = torch.rand(5).argsort()
        torch.manual_seed(0)
        assert order.tolist() == torch.rand(5).argsort().tolist()
        assert on_gpu(5).gather(0, order.to('cuda', non_blocking=True)).shape == (5,)
    assert torch.rand(2).device.type == 'cpu' and (torch.ones(2) + 1).tolist() == [2, 2]


def test_memory_is_what_tensors_hold():
    layer = nn.Linear(256, 256, bias=False)
    with fake_gpu() as gpu:
        weight = gpu.move(layer).weight  # 256 KiB
        size = weight.numel() * 4
        assert gpu.held == size
        view = weight.T
        assert gpu.held == size
        made = (
            view.exp() * 2
        ).sigmoid()  # exp keeps its result, sigmoid its own, what is between goes
        assert gpu.held == 3 * size and gpu.peak == 4 * size
        made.sum().backward()
        del made, view
        assert gpu.held == 2 * size  # the weight and its gradient


def test_waits_that_are_meant():
    with fake_gpu() as gpu, gpu.waiting():
        assert torch.ones(3).to('cuda').device.type == 'cuda'


def test_queue_and_running_average_wait_for_nothing():
    queue, source = FeatureQueue(6, 2), [nn.Linear(3, 2)]
    encoder = MomentumEncoder(source)
    with fake_gpu() as gpu:
        for module in (queue, *source, encoder):
            gpu.move(module)
        for count in (4, 8, 1):  # part of it, more than it, around its end
            encoder.update(source, 0.5)
            queue.enqueue(encoder(on_gpu(count, 3)))
            assert queue.get().shape == (min(6, queue.count), 2)
        assert F.normalize(queue.get()).device.type == 'cuda'
