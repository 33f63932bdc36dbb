"""The nearest training videos of each test video, by instance-wise and by semantic-wise distribution."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import numpy as np
import torch
from mmaction.registry import MODELS
from mmengine.model import BaseModel
from torch import Tensor

from mlfo_mm.engine.checkpoints import differences, read_checkpoint, tensors_of
from mlfo_mm.errors import UserError
from mlfo_mm.evaluation.frozen import TaskResult, counts, decoders, features, identity, listed
from mlfo_mm.evaluation.inference import Outputs, cached_features
from mlfo_mm.evaluation.nearest import nearest
from mlfo_mm.evaluation.order import spread
from mlfo_mm.evaluation.trial import Trial, preprocessor
from mlfo_mm.models import SelfSupervisedRecognizer
from mlfo_mm.study.outcomes import by_video

FRAMES = 4  # of each video, in a record


class EmbeddingModel(BaseModel):
    """The distributions that a pretrained recognizer sees a video in, averaged over its clips.

    Args:
        recognizer: Whose embeddings are asked for.
        temperature: Of the softmax over groups.
        data_preprocessor: Config of the data preprocessor.
    """

    def __init__(
        self,
        recognizer: SelfSupervisedRecognizer,
        temperature: float,
        data_preprocessor: dict[str, Any],
    ) -> None:
        super().__init__(data_preprocessor=data_preprocessor)
        self.recognizer = recognizer
        self.temperature = temperature

    def forward(self, inputs: Tensor, data_samples: list, mode: str = 'predict') -> list:
        """Store embeddings (D,) and assignments (K,) of clips (N, V, C, T, H, W) in the samples."""
        views = inputs.shape[:2]
        found = self.recognizer.embed(inputs.flatten(0, 1))
        embeddings = found.instance.unflatten(0, views).mean(1)  # (N*V, D) -> (N, D)
        for index, sample in enumerate(data_samples):
            sample.set_field(embeddings[index], 'clip_features')
        if found.semantic is None:
            return data_samples
        assigned = (found.semantic.float() / self.temperature).softmax(1)  # (N*V, K)
        assigned = assigned.unflatten(0, views).mean(1)
        for index, sample in enumerate(data_samples):
            sample.set_field(dict(semantic=assigned[index]), 'clip_extra')
        return data_samples


def hits(places: np.ndarray, query_labels: np.ndarray, gallery_labels: np.ndarray) -> np.ndarray:
    """Share (Q,) of neighbours (Q, topk) that have their query's class."""
    return (gallery_labels[places] == query_labels[:, None]).mean(1)


def neighbours(trial: Trial) -> TaskResult:
    """Look up each test video's nearest training videos."""
    settings = trial.settings
    model = None if trial.untrained else _embedding_model(trial)
    by = SelfSupervisedRecognizer.embedding if model is None else model.recognizer.embedding
    train, test = (_distributions(trial, model, subset) for subset in ('train', 'test'))
    pairs = {'instance': (test.values, train.values)}
    if 'semantic' in test.extra:
        pairs['semantic'] = test.extra['semantic'], train.extra['semantic']
    found = {
        kind: _nearest(*pair, settings.topk, cosine=kind == 'instance')
        for kind, pair in pairs.items()
    }
    notes = [] if 'semantic' in found else ['no prototypes: no semantic-wise neighbours']
    if len(train.labels) < settings.topk:
        notes.append(f'only {len(train.labels)} training videos for the top {settings.topk}')
    shares = {
        f'hits_{kind}': hits(places, test.labels, train.labels)
        for kind, (places, _) in found.items()
    }
    metrics = {key: 100 * float(each.mean()) for key, each in shares.items()}
    what = f'top {settings.topk} training videos of each test video, frozen, instance-wise by {by}'
    what += ', semantic-wise by assignments to prototypes' if 'semantic' in found else ''
    protocol = trial.protocol(what) | dict(
        topk=settings.topk, temperature=settings.temperature, instance=by
    )
    details = dict(queries=_queries(trial, train, test, found))
    return TaskResult(
        metrics,
        counts(train, test),
        protocol,
        decoders(train, test),
        notes,
        details=details,
        outcomes={key: by_video(each) for key, each in shares.items()},
    )


def load_recognizer(trial: Trial) -> SelfSupervisedRecognizer:
    """The whole pretrained recognizer: all of its tensors, or an error.

    Raises:
        UserError: The checkpoint does not fit, or the recognizer has no embeddings to ask for.
    """
    path = Path(trial.request.checkpoint)
    model = MODELS.build(copy.deepcopy(trial.pretrain.model))
    if not isinstance(model, SelfSupervisedRecognizer):
        raise UserError(
            f'{trial.pretrain.filename}: {type(model).__name__} does not say what it tells videos apart '
            'by; neighbours take a SelfSupervisedRecognizer, which has embed()'
        )
    state = tensors_of(read_checkpoint(path))
    found = differences(model.state_dict(), state)
    if found:
        raise UserError(
            f'checkpoint {path} does not fit the whole model of {trial.pretrain.filename}: {found}'
        )
    model.load_state_dict(state)
    return model.eval()


def _embedding_model(trial: Trial) -> EmbeddingModel:
    return EmbeddingModel(
        load_recognizer(trial), trial.settings.temperature, preprocessor(trial.pretrain)
    )


def _distributions(trial: Trial, model: EmbeddingModel | None, subset: str) -> Outputs:
    """Embeddings (M, D) of videos, and ``extra['semantic']`` (M, K) where there are prototypes."""
    if model is None:
        found = features(trial, subset)
        return Outputs(
            found.video_means(),
            found.labels,
            found.files,
            found.expected,
            found.decoders,
            found.frames,
        )
    settings = trial.settings
    return cached_features(
        model,
        trial.test_data(subset),
        identity(trial) | dict(what='embeddings', temperature=settings.temperature),
        Path(trial.request.work_dir) / 'features',
        settings.batch_size,
        settings.num_workers,
        trial.amp,
        f'embeddings of {trial.request.dataset} {subset}',
    )


def _nearest(
    query: np.ndarray, gallery: np.ndarray, topk: int, cosine: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Places and similarities (Q, topk) as arrays; of a small gallery all."""
    tensors = torch.from_numpy(query), torch.from_numpy(gallery)
    places, similarities = nearest(*tensors, min(topk, len(gallery)), cosine=cosine)
    return places.numpy(), similarities.numpy()


def _queries(
    trial: Trial, train: Outputs, test: Outputs, found: dict[str, tuple[np.ndarray, np.ndarray]]
) -> list[dict[str, Any]]:
    """A few queries at equal distances in the test list, with their neighbours."""
    queries = []
    for query in spread(len(test.files), trial.settings.num_queries):
        shown: dict[str, Any] = dict(query=shown_clip(trial, test, query), instance=[], semantic=[])
        for kind, (places, similarities) in found.items():
            shown[kind] = [
                shown_clip(trial, train, place)
                | dict(
                    similarity=round(float(similarity), 4),
                    hit=bool(train.labels[place] == test.labels[query]),
                )
                for place, similarity in zip(places[query], similarities[query], strict=True)
            ]
        queries.append(shown)
    return queries


def shown_clip(trial: Trial, videos: Outputs, place: int) -> dict[str, Any]:
    """A video with its class and some of the frames that the model saw, as records hold it."""
    seen = np.unique(videos.frames[place])
    return {
        'video': listed(trial, videos.files[place]),
        'class': trial.classes[videos.labels[place]],
        'frames': [int(seen[index]) for index in spread(len(seen), FRAMES)],
    }
