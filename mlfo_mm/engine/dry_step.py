"""A training step of a config on a GPU that is not there: whether it runs, and what memory it takes."""

from __future__ import annotations

import contextlib
import copy
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from mmaction.registry import MODELS, TRANSFORMS
from mmengine.config import Config
from mmengine.optim import build_optim_wrapper
from mmengine.registry import init_default_scope
from torch import Tensor, nn

from mlfo_mm.engine.fake_gpu import Misplaced, fake_gpu
from mlfo_mm.engine.hooks.channels_last import lay_out
from mlfo_mm.models.utils import FeatureQueue

FRAMES = 300  # of the video that is sampled: ten seconds


@dataclass(frozen=True)
class StepMemory:
    """What one step holds on a GPU at its highest, in bytes, without the room that libraries take.

    Attributes:
        samples: In the batch of this GPU.
        weights: Parameters and buffers: queues and momentum encoders are among them.
        optimizer: State of the optimiser.
        buckets: Copies of the gradients that several processes exchange.
        inputs: The batch, normalised.
        activations: What the forward pass keeps for the backward pass.
        peak: The most at one time but optimiser and buckets: also gradients, and what comes and goes.
    """

    samples: int
    weights: int
    optimizer: int
    buckets: int
    inputs: int
    activations: int
    peak: int

    @property
    def total(self) -> int:
        """All of it."""
        return self.peak + self.optimizer + self.buckets

    @property
    def per_sample(self) -> float:
        """What grows with the batch, for one sample."""
        return (self.inputs + self.activations) / self.samples

    def largest_batch(self, room: float) -> int:
        """Samples that fit in so many bytes, where memory grows evenly with them."""
        fixed = self.total - self.inputs - self.activations
        return max(int((room - fixed) / self.per_sample), 0)


def dry_step(config: Config, samples: int | None = None, amp: bool = False) -> StepMemory:
    """Preprocess a batch, go forward and backward, on a :func:`fake_gpu` and at the config's own size.

    All terms are at work and all queues full, as in a late epoch.

    Args:
        config: Of a training.
        samples: In the batch; the config's own number where None.
        amp: bfloat16 autocast, as of ``--amp``.

    Raises:
        Misplaced: A real GPU would refuse an operation, wait for it, or do it in the wrong precision.
    """
    samples = samples or config.train_dataloader.batch_size
    batch = drawn_batch(config, samples)
    model = on_meta(config)
    with fake_gpu() as gpu:
        gpu.move(model)
        weights = gpu.held
        with gpu.waiting():  # as the loader hands it over
            data = model.data_preprocessor(batch, training=True)
        inputs = gpu.held - weights
        with torch.autocast('cuda', dtype=torch.bfloat16, enabled=amp):
            loss, _ = model.parse_losses(model(**data, mode='loss'))
        activations = gpu.held - weights - inputs
        if amp and gpu.convolutions - {torch.bfloat16}:
            raise Misplaced('under autocast a convolution is of float32')
        loss.backward()
        check_gradients(model)
        trained = [each for each in model.parameters() if each.requires_grad]
        size = sum(each.numel() * each.element_size() for each in trained)
        states = states_of(config) * size
        return StepMemory(samples, weights, states, size, inputs, activations, gpu.peak)


def on_meta(config: Config) -> nn.Module:
    """A config's model as it is late in training, without values."""
    init_default_scope('mmaction')
    with torch.device('meta'):
        model = MODELS.build(copy.deepcopy(config.model)).train()
        if hasattr(model, 'set_epoch'):
            last = config.train_cfg.max_epochs
            model.set_epoch(last - 1, last)
        if 'channels_last' in config.default_hooks:
            lay_out(model)
    for module in model.modules():
        if isinstance(module, FeatureQueue):
            module._count = module.size
    return model


def drawn_batch(config: Config, samples: int) -> dict[str, list[Any]]:
    """A batch as the loader hands it over: what the sampler asks for, black."""
    init_default_scope('mmaction')
    _, sampler, *steps = config.train_pipeline
    own = 3 if config.get('pretext_step') else 2  # the method's own step, shape and packing
    results = dict(total_frames=FRAMES, start_index=0, label=0, modality='RGB', filename='')
    results['list_index'] = 0
    results = TRANSFORMS.build(sampler)(results)
    size = config.crop_size
    frame = np.zeros((size, size, 3), np.uint8)
    count = results['num_clips'] * results['clip_len']
    results |= dict(imgs=[frame] * count, img_shape=(size, size))
    for step in steps[-own:]:
        results = TRANSFORMS.build(step)(results)
    sample = results['inputs'], results['data_samples']
    return dict(inputs=[sample[0]] * samples, data_samples=[sample[1]] * samples)


def states_of(config: Config) -> int:
    """How many numbers an optimiser keeps for each weight."""
    one = nn.Linear(2, 2, bias=False)
    one.weight.grad = torch.zeros_like(one.weight)
    wrapper = copy.deepcopy(config.optim_wrapper)
    wrapper.optimizer.pop('fused', None)
    wrapper.pop('paramwise_cfg', None)
    optimizer = build_optim_wrapper(one, wrapper).optimizer
    optimizer.step()
    kept = optimizer.state[one.weight].values()
    return sum(isinstance(each, Tensor) and each.shape == one.weight.shape for each in kept)


def check_gradients(model: nn.Module) -> None:
    """Raise RuntimeError unless each trained parameter has a gradient of its own place and type."""
    for name, parameter in model.named_parameters():
        gradient = parameter.grad
        with contextlib.suppress(AttributeError):
            if (gradient.device, gradient.dtype) == (parameter.device, parameter.dtype):
                continue
        if parameter.requires_grad:
            raise RuntimeError(f'{name}: gradient {gradient} for a parameter {parameter}')
