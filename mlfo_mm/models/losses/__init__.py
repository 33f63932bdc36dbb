"""Objectives: pure functions of tensors and floats, and thin registered Modules that call them."""

from ._common import contrast_accuracy, embedding_std, explained
from .cosine_prediction import CosinePredictionLoss, cosine_prediction
from .cycle_contrast import CycleContrastLoss, cycle_contrast
from .dense_prediction import DensePredictionLoss, dense_prediction
from .graph_constraint import GraphConstraintLoss, graph_cross_entropy
from .graphs import combine_graphs, instance_graph, mean_edges, semantic_graph
from .info_nce import InfoNCELoss, info_nce
from .margin_ranking import MarginRankingLoss, margin_ranking
from .masked_prediction import MaskedPredictionLoss, masked_prediction
from .motion_discrimination import MotionDiscriminationLoss, motion_discrimination
from .multi_nce import MultiNCELoss, mine, multi_nce
from .nt_xent import NTXentLoss, nt_xent
from .prototype_contrast import PrototypeContrastLoss, prototype_contrast
from .reconstruction import ReconstructionLoss, motion_attention, reconstruction
from .sinkhorn import sinkhorn
from .swapped_prediction import SwappedPredictionLoss, swapped_prediction
from .temporal_contrast import TemporalContrastLoss, temporal_contrast
from .timestamp_retrieval import TimestampRetrievalLoss, timestamp_retrieval
from .trajectory import TrajectoryLoss, trajectory_loss, trajectory_targets

__all__ = [
    'CosinePredictionLoss',
    'CycleContrastLoss',
    'DensePredictionLoss',
    'GraphConstraintLoss',
    'InfoNCELoss',
    'MarginRankingLoss',
    'MaskedPredictionLoss',
    'MotionDiscriminationLoss',
    'MultiNCELoss',
    'NTXentLoss',
    'PrototypeContrastLoss',
    'ReconstructionLoss',
    'SwappedPredictionLoss',
    'TemporalContrastLoss',
    'TimestampRetrievalLoss',
    'TrajectoryLoss',
    'combine_graphs',
    'contrast_accuracy',
    'cosine_prediction',
    'cycle_contrast',
    'dense_prediction',
    'embedding_std',
    'explained',
    'graph_cross_entropy',
    'info_nce',
    'instance_graph',
    'margin_ranking',
    'masked_prediction',
    'mean_edges',
    'mine',
    'motion_attention',
    'motion_discrimination',
    'multi_nce',
    'nt_xent',
    'prototype_contrast',
    'reconstruction',
    'semantic_graph',
    'sinkhorn',
    'swapped_prediction',
    'temporal_contrast',
    'timestamp_retrieval',
    'trajectory_loss',
    'trajectory_targets',
]
