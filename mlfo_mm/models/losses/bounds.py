"""What the objectives' losses are where nothing is learned, or a shortcut is followed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..utils import TermBound

ENDS = 'the ends of a clip'  # which zeros in time mark
PLACE = 'place in a clip'  # which follows from them
POSITION = 'position'
SCENE = 'the scene'
STILL = 'what standing still has'
EVEN = 'what even scores have'
FRAMES = 'frames of a video that are alike'
MARGIN = 'its margin'


def pair_bound(term: Any, samples: int) -> TermBound:
    """Of :func:`nt_xent` on so many samples in two views: 2N embeddings but the anchor itself."""
    return TermBound(2 * samples - 1, term.loss_weight)


def motion_bound(term: Any, samples: int, augmented: int, ends: bool) -> TermBound:
    """Of :func:`motion_discrimination`.

    Args:
        term: The loss.
        samples: N of the batch.
        augmented: A, augmented versions of each clip.
        ends: Whether features show where a clip begins and ends: reversed or shuffled, they are
            told by it. Other samples, which are negatives of the released code, are not.
    """
    candidates, left = 1 + augmented, 1
    if term.negatives == 'all':
        candidates, left = 2 * augmented + 2 * samples - 1, 2 * samples - 1
    return TermBound(candidates, term.loss_weight, *((ENDS, left) if ends else ()))


def retrieval_bound(term: Any, steps: int, ends: bool) -> TermBound:
    """Of :func:`timestamp_retrieval` in a long clip of so many steps.

    A step's distance from the ends of its clip, where they show, leaves the long clip's two halves.
    """
    return TermBound(steps, term.loss_weight, *((PLACE, 2) if ends and steps > 2 else ()))


def graph_bound(term: Any, samples: int) -> TermBound | None:
    """Of :func:`graph_cross_entropy` with the identity; what other graphs leave is not known."""
    if term.kind != 'one_hot':
        return None
    candidates = samples if term.directions == 'one' else 2 * samples - 1
    weight = term.loss_weight / (samples if term.reduction == 'official' else 1)
    return TermBound(candidates, weight)


def dense_bound(term: Any, samples: int, steps: int, positions: int) -> TermBound:
    """Of :func:`dense_prediction`: features of one position differ from those of others anyway."""
    left = samples * steps
    return TermBound(
        left * positions, term.loss_weight, *((POSITION, left) if positions > 1 else ())
    )


def ranking_bound(term: Any) -> TermBound:
    """Of :func:`margin_ranking`: two keys that score alike."""
    return TermBound(2, term.loss_weight, value=term.margin, guess=MARGIN)


def swapped_bound(term: Any, prototypes: int) -> TermBound:
    """Of :func:`swapped_prediction`, both directions summed: even predictions."""
    return TermBound(prototypes, 2 * term.loss_weight)


def level_bounds(
    terms: Mapping[str, Any], samples: int, augmented: int, steps: int | None, ends: bool
) -> dict[str, TermBound]:
    """Of a level's terms, by their keys.

    Args:
        terms: Losses by 'instance', 'motion', 'retrieval' and 'graph'.
        samples: N of the batch.
        augmented: Augmented versions of each clip.
        steps: Of the long clip; None where it is not known.
        ends: Whether the features show the ends of a clip.
    """
    found: dict[str, TermBound | None] = {}
    if 'instance' in terms:
        found['instance'] = pair_bound(terms['instance'], samples)
    if 'motion' in terms:
        found['motion'] = motion_bound(terms['motion'], samples, augmented, ends)
    if 'retrieval' in terms and steps is not None:
        found['retrieval'] = retrieval_bound(terms['retrieval'], steps, ends)
    if 'graph' in terms:
        found['graph'] = graph_bound(terms['graph'], samples)
    return {key: bound for key, bound in found.items() if bound is not None}
