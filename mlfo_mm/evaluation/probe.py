"""A linear probe on stored features: logistic regression, its strength chosen on the training list."""

from __future__ import annotations

import re
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from scipy.special import softmax
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import Normalizer, StandardScaler
from tqdm import tqdm

from mlfo_mm.errors import UserError

STRENGTHS = (1e-4, 1e-3, 1e-2, 1e-1, 1.0)
GROUP = re.compile(r'_g(\d+)_')
Average = Literal['prob', 'score']


@dataclass(frozen=True)
class Probe:
    """A fitted probe.

    Attributes:
        model: Scikit-learn pipeline.
        strength: The chosen inverse regularisation strength C.
        accuracy: Cross-validated accuracy of each strength, in percent; empty where there is too
            little to validate on.
        validation: What was left out, in words.
        num_classes: Width of the scores.
    """

    model: Pipeline
    strength: float
    accuracy: dict[float, float]
    validation: str
    num_classes: int

    def scores(self, clips: np.ndarray, average: Average = 'prob') -> np.ndarray:
        """Scores (M, num_classes) of videos (M, V, D): mean softmax, or mean logits, of the clips."""
        return _scores(self.model, clips, average, self.num_classes)


def video_groups(files: Sequence[str]) -> np.ndarray | None:
    """Group of each video from its name (``v_Jump_g08_c01.mp4`` is of 8); None if any has none."""
    found = [GROUP.search(Path(file).name) for file in files]
    return np.array([int(match[1]) for match in found]) if all(found) else None


def fit_probe(
    clips: np.ndarray,
    labels: np.ndarray,
    num_classes: int,
    groups: np.ndarray | None = None,
    train_on: Literal['clips', 'mean'] = 'mean',
    strengths: Sequence[float] = STRENGTHS,
    folds: int = 5,
    seed: int = 0,
    average: Average = 'prob',
) -> Probe:
    """Fit a probe on training videos, and on nothing else.

    The features are L2-normalised and standardised (what CoCLR's probe does with its batch norm).

    Args:
        clips: Features (N, V, D) of the training videos' clips.
        labels: (N,).
        num_classes: Number of classes.
        groups: (N,) ids; a fold leaves out whole groups. None: single videos are left out.
        train_on: 'clips' fits on every clip, 'mean' on the mean of a video's clips.
        strengths: Candidates for C, from the most regularised.
        folds: Number of folds, at most the number of groups.
        seed: Of the folds.
        average: As the probe will be tested.
    """
    if len(np.unique(labels)) < 2:
        raise UserError('a linear probe needs training videos of at least 2 classes')
    splits, validation = _splits(labels, groups, folds, seed)
    accuracy: dict[float, float] = {}
    if splits and len(strengths) > 1:
        for strength in tqdm(strengths, desc='probe', unit='C', disable=None, leave=False):
            hits = 0
            for fit, left_out in splits:
                model = _fit(clips[fit], labels[fit], strength, train_on)
                scores = _scores(model, clips[left_out], average, num_classes)
                hits += int((scores.argmax(1) == labels[left_out]).sum())
            tested = sum(len(left_out) for _, left_out in splits)
            accuracy[float(strength)] = 100 * hits / tested
    # of equally good ones the most regularised
    strength = max(accuracy, key=lambda c: (accuracy[c], -c)) if accuracy else float(strengths[-1])
    model = _fit(clips, labels, strength, train_on)
    return Probe(model, strength, accuracy, validation, num_classes)


def _splits(
    labels: np.ndarray, groups: np.ndarray | None, folds: int, seed: int
) -> tuple[list[tuple[np.ndarray, np.ndarray]], str]:
    if groups is not None and len(np.unique(groups)) > 1:
        count = min(folds, len(np.unique(groups)))
        splitter = StratifiedGroupKFold(count, shuffle=True, random_state=seed)
        what = f'{count}-fold cross-validation on the training list, whole groups left out'
    else:
        count, groups = min(folds, int(np.bincount(labels).max())), None
        if count < 2:
            return [], 'no cross-validation: one training video a class'
        splitter = StratifiedKFold(count, shuffle=True, random_state=seed)
        what = f'{count}-fold cross-validation on the training list'
    with warnings.catch_warnings():
        warnings.filterwarnings('ignore', 'The least populated class')
        splits = list(splitter.split(labels, labels, groups))
    usable = [(fit, out) for fit, out in splits if len(out) and len(np.unique(labels[fit])) > 1]
    return usable, what if usable else 'no cross-validation: what a fold leaves is of one class'


def _fit(clips: np.ndarray, labels: np.ndarray, strength: float, train_on: str) -> Pipeline:
    if train_on == 'mean':
        rows, targets = clips.mean(1), labels
    else:
        rows = clips.reshape(-1, clips.shape[-1])  # (N * V, D)
        targets = labels.repeat(clips.shape[1])
    model = make_pipeline(
        Normalizer(), StandardScaler(), LogisticRegression(C=strength, max_iter=500)
    )
    with warnings.catch_warnings():
        warnings.simplefilter('ignore', ConvergenceWarning)
        return model.fit(rows, targets)


def _scores(model: Pipeline, clips: np.ndarray, average: Average, num_classes: int) -> np.ndarray:
    logits = model.decision_function(clips.reshape(-1, clips.shape[-1]))
    if logits.ndim == 1:  # two classes: sklearn gives the second one's logit
        logits = np.stack([np.zeros_like(logits), logits], 1)
    logits = logits.reshape(*clips.shape[:2], -1)  # (M, V, classes seen in training)
    seen = softmax(logits, axis=-1).mean(1) if average == 'prob' else logits.mean(1)
    # a class that was never seen is never chosen
    scores = np.full((len(clips), num_classes), seen.min() - 1.0)
    scores[:, model.classes_] = seen
    return scores
