"""Forward or played backwards? A bias-free linear layer on frozen features, and where it looks."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from mmengine.device import get_device
from mmengine.registry import DATASETS
from scipy.special import expit
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import KFold
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from tqdm import tqdm

from mlfo_mm.engine import autocast
from mlfo_mm.errors import UserError
from mlfo_mm.evaluation.frozen import TaskResult, counts, decoders, features, listed
from mlfo_mm.evaluation.inference import Outputs
from mlfo_mm.evaluation.metrics import untold
from mlfo_mm.evaluation.probe import STRENGTHS, video_groups
from mlfo_mm.evaluation.trial import Trial
from mlfo_mm.study.outcomes import by_video

DIGITS = 4  # significant ones, of the maps in a record


@dataclass(frozen=True)
class OrderProbe:
    """A fitted layer.

    Attributes:
        weight: (D,) of the class "reversed"; those of "forward" are its negative, as softmax
            regression with an L2 penalty has them.
        strength: The chosen inverse regularisation strength C.
        accuracy: Cross-validated accuracy of each strength, in percent; empty where there is too
            little to validate on.
        validation: What was left out, in words.
    """

    weight: np.ndarray
    strength: float
    accuracy: dict[float, float]
    validation: str

    def logits(self, features: np.ndarray) -> np.ndarray:
        """Logits (...) of "reversed" of features (..., D); of "forward" it is the negative."""
        return features.astype(np.float64) @ self.weight

    def probability(self, features: np.ndarray) -> np.ndarray:
        """Probability (...) of "reversed" of features (..., D)."""
        return expit(2 * self.logits(features))

    def score(self, forward: np.ndarray, backward: np.ndarray) -> float:
        """Accuracy on clips (M, V, D) and the same clips played backwards, in percent.

        A clip that says nothing counts as half a hit: weights of zero are at chance.
        """
        return 100 * float(self.hits(forward, backward).mean())

    def hits(self, forward: np.ndarray, backward: np.ndarray) -> np.ndarray:
        """Share (M,) of right answers to the clips of each video, in both directions."""
        right = np.stack([-self.logits(forward), self.logits(backward)])  # (2, M, V)
        return ((right > 0) + 0.5 * (right == 0)).mean((0, 2))

    def activation(self, level: np.ndarray) -> np.ndarray:
        """Class activation map (T', h, w) for "reversed" of a feature map (D, T', h, w).

        Its mean is the logit of the pooled features.
        """
        return np.einsum('d,dthw->thw', self.weight, level.astype(np.float64))


def fit_order(
    forward: np.ndarray,
    backward: np.ndarray,
    groups: np.ndarray | None = None,
    strengths: Sequence[float] = STRENGTHS,
    folds: int = 5,
    seed: int = 0,
) -> OrderProbe:
    """Fit the layer on training videos, and on nothing else.

    Args:
        forward: Features (N, V, D) of the training videos' clips.
        backward: The same of the clips played backwards.
        groups: (N,) ids; a fold leaves out whole groups. None: single videos are left out.
        strengths: Candidates for C, from the most regularised.
        folds: Number of folds, at most the number of groups.
        seed: Of the folds.
    """
    what = 'videos' if groups is None else 'groups'
    groups = np.arange(len(forward)) if groups is None else groups
    ids = np.unique(groups)
    count = min(folds, len(ids))
    accuracy: dict[float, float] = {}
    validation = 'no cross-validation: one training video'
    if count > 1:
        validation = f'{count}-fold cross-validation on the training list, whole {what} left out'
        splits = list(KFold(count, shuffle=True, random_state=seed).split(ids))
        for strength in tqdm(strengths, desc='order', unit='C', disable=None, leave=False):
            right = 0.0
            for fit, _ in splits:
                known = np.isin(groups, ids[fit])
                layer = _weight(forward[known], backward[known], strength)
                probe = OrderProbe(layer, strength, {}, '')
                right += probe.score(forward[~known], backward[~known]) * (~known).sum()
            accuracy[float(strength)] = right / len(forward)
    # of equally good ones the most regularised
    strength = max(accuracy, key=lambda c: (accuracy[c], -c)) if accuracy else float(strengths[-1])
    return OrderProbe(_weight(forward, backward, strength), strength, accuracy, validation)


def order(trial: Trial) -> TaskResult:
    """Tell a test clip from the same clip played backwards, by its frozen features."""
    train, test = features(trial, 'train'), features(trial, 'test')
    train_back, test_back = features(trial, 'train', True), features(trial, 'test', True)
    settings = trial.settings
    probe = fit_order(
        train.values,
        train_back.values,
        video_groups(train.files),
        tuple(settings.strengths),
        settings.folds,
        trial.seed,
    )
    hits = probe.hits(test.values, test_back.values)
    accuracy = 100 * float(hits.mean())
    what = f'forward or reversed, frozen, bias-free logistic regression, {probe.validation}'
    protocol = trial.protocol(what) | dict(
        num_classes=2,
        strength=probe.strength,
        validation_accuracy={f'{c:g}': round(a, 2) for c, a in probe.accuracy.items()},
    )
    return TaskResult(
        dict(accuracy=accuracy),
        counts(train, test),
        protocol,
        decoders(train, test, train_back, test_back),
        _notes(accuracy, len(test.labels)),
        details=dict(clips=_maps(trial, probe, test)),
        outcomes=dict(accuracy=by_video(hits)),
    )


def spread(total: int, count: int) -> list[int]:
    """At most ``count`` places of ``total``, at equal distances, in the middle of equal parts."""
    count = min(total, count)
    return [(2 * place + 1) * total // (2 * count) for place in range(count)]


@torch.no_grad()
def _maps(trial: Trial, probe: OrderProbe, test: Outputs) -> list[dict[str, Any]]:
    """Class activation maps of the first clip of a few test videos, forward and backwards."""
    trial.model.to(get_device()).eval()
    shown: list[dict[str, Any]] = []
    data = [DATASETS.build(trial.test_data('test', reverse)) for reverse in (False, True)]
    places = {data[0].get_data_info(i)['filename']: i for i in range(len(data[0]))}
    for video in spread(len(test.files), trial.settings.num_maps):
        for backwards, source in enumerate(data):
            sample = source[places[test.files[video]]]
            if sample is None:
                raise UserError(f'{test.files[video]} can no longer be decoded')
            level = _high_level(trial, sample['inputs'][:1])
            pooled = level.mean((1, 2, 3))
            frames = sample['data_samples'].frame_inds[: trial.geometry.clip_len]
            shown.append(
                {
                    'video': listed(trial, test.files[video]),
                    'class': trial.classes[test.labels[video]],
                    'frames': frames.tolist(),
                    'reversed': bool(backwards),
                    'probability': round(float(probe.probability(pooled)), 6),
                    'cam': _rounded(probe.activation(level)),
                }
            )
    return shown


def _high_level(trial: Trial, clip: torch.Tensor) -> np.ndarray:
    """Feature map (D, T', h, w) of one clip (1, C, T, H, W) of uint8."""
    batch = trial.model.data_preprocessor(dict(inputs=[clip], data_samples=None))
    with autocast(trial.amp):
        level = trial.model.extract_levels(batch['inputs'])[-1]
    return level[0].float().cpu().numpy()


def _rounded(values: np.ndarray) -> list:
    return np.vectorize(lambda value: float(f'{value:.{DIGITS}g}'))(values).tolist()


def _weight(forward: np.ndarray, backward: np.ndarray, strength: float) -> np.ndarray:
    rows = np.concatenate([forward, backward]).reshape(-1, forward.shape[-1])  # (2 * N * V, D)
    targets = np.repeat([0, 1], len(rows) // 2)
    # not centred: the layer has no bias, and must apply to each position of the feature map
    model: Pipeline = make_pipeline(
        StandardScaler(with_mean=False),
        LogisticRegression(C=strength, fit_intercept=False, max_iter=500),
    )
    with warnings.catch_warnings():
        warnings.simplefilter('ignore', ConvergenceWarning)
        scaler, layer = model.fit(rows, targets)
    # the decision function is the difference of both classes' logits
    return layer.coef_[0] / scaler.scale_ / 2


def _notes(accuracy: float, videos: int) -> list[str]:
    # clips of a video are no independent trials; its two directions are taken as such
    note = untold('accuracy', accuracy, 50.0, videos, answers=2)
    return [note] if note else []
