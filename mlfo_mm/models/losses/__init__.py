"""Objectives: pure functions of tensors and floats, and thin registered Modules that call them."""

from ._common import contrast_accuracy, embedding_std, explained
from .cosine_prediction import CosinePredictionLoss, cosine_prediction
from .dense_prediction import DensePredictionLoss, dense_prediction
from .graph_constraint import GraphConstraintLoss, graph_cross_entropy
from .graphs import combine_graphs, instance_graph, mean_edges, semantic_graph
from .info_nce import InfoNCELoss, info_nce
from .motion_discrimination import MotionDiscriminationLoss, motion_discrimination
from .nt_xent import NTXentLoss, nt_xent
from .reconstruction import ReconstructionLoss, motion_attention, reconstruction
from .sinkhorn import sinkhorn
from .swapped_prediction import SwappedPredictionLoss, swapped_prediction
from .timestamp_retrieval import TimestampRetrievalLoss, timestamp_retrieval

__all__ = [
    'CosinePredictionLoss',
    'DensePredictionLoss',
    'GraphConstraintLoss',
    'InfoNCELoss',
    'MotionDiscriminationLoss',
    'NTXentLoss',
    'ReconstructionLoss',
    'SwappedPredictionLoss',
    'TimestampRetrievalLoss',
    'combine_graphs',
    'contrast_accuracy',
    'cosine_prediction',
    'dense_prediction',
    'embedding_std',
    'explained',
    'graph_cross_entropy',
    'info_nce',
    'instance_graph',
    'mean_edges',
    'motion_attention',
    'motion_discrimination',
    'nt_xent',
    'reconstruction',
    'semantic_graph',
    'sinkhorn',
    'swapped_prediction',
    'timestamp_retrieval',
]
