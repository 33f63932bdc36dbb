"""Downstream evaluation: guarded weights, features, probes, finetuning and retrieval."""

from mlfo_mm import compat  # the work-arounds, before anything of MMAction2

from .nn_recall import NNRecall, nn_recall
from .recognizer import DownstreamRecognizer, LinearHead

__all__ = ['DownstreamRecognizer', 'LinearHead', 'NNRecall', 'nn_recall']
