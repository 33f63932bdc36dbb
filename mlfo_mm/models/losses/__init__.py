"""Objectives: pure functions of tensors and floats, and thin registered Modules that call them."""

from ._common import contrast_accuracy, embedding_std
from .cosine_prediction import CosinePredictionLoss, cosine_prediction
from .dense_prediction import DensePredictionLoss, dense_prediction
from .graph_constraint import GraphConstraintLoss, graph_cross_entropy
from .graphs import combine_graphs, instance_graph, mean_edges, semantic_graph
from .info_nce import InfoNCELoss, info_nce
from .margin_ranking import MarginRankingLoss, margin_ranking
from .motion_discrimination import MotionDiscriminationLoss, motion_discrimination
from .nt_xent import NTXentLoss, nt_xent
from .prototype_contrast import PrototypeContrastLoss, prototype_contrast
from .sinkhorn import sinkhorn
from .swapped_prediction import SwappedPredictionLoss, swapped_prediction
from .temporal_contrast import TemporalContrastLoss, temporal_contrast
from .timestamp_retrieval import TimestampRetrievalLoss, timestamp_retrieval

__all__ = [
    'CosinePredictionLoss',
    'DensePredictionLoss',
    'GraphConstraintLoss',
    'InfoNCELoss',
    'MarginRankingLoss',
    'MotionDiscriminationLoss',
    'NTXentLoss',
    'PrototypeContrastLoss',
    'SwappedPredictionLoss',
    'TemporalContrastLoss',
    'TimestampRetrievalLoss',
    'combine_graphs',
    'contrast_accuracy',
    'cosine_prediction',
    'dense_prediction',
    'embedding_std',
    'graph_cross_entropy',
    'info_nce',
    'instance_graph',
    'margin_ranking',
    'mean_edges',
    'motion_discrimination',
    'nt_xent',
    'prototype_contrast',
    'semantic_graph',
    'sinkhorn',
    'swapped_prediction',
    'temporal_contrast',
    'timestamp_retrieval',
]
