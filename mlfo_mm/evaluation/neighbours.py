"""The nearest training videos of each test video, by instance-wise and by semantic-wise distribution."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import numpy as np
import torch
from mmaction.registry import MODELS
from mmengine.model import BaseModel
from torch import Tensor, nn
from torch.nn import functional

from mlfo_mm.engine.checkpoints import differences, read_checkpoint, tensors_of
from mlfo_mm.errors import UserError
from mlfo_mm.evaluation.frozen import TaskResult, counts, decoders, features, identity, listed
from mlfo_mm.evaluation.inference import Outputs, cached_features
from mlfo_mm.evaluation.job import Job, preprocessor
from mlfo_mm.evaluation.order import spread

FRAMES = 4  # of each video, in a record


class EmbeddingModel(BaseModel):
    """The distributions that a pretrained recognizer sees a video in, averaged over its clips.

    Args:
        recognizer: With embeddings of instance discrimination on the high level, and maybe
            prototypes.
        temperature: Of the softmax over prototypes.
        data_preprocessor: Config of the data preprocessor.
    """

    def __init__(
        self, recognizer: nn.Module, temperature: float, data_preprocessor: dict[str, Any]
    ) -> None:
        super().__init__(data_preprocessor=data_preprocessor)
        self.recognizer = recognizer
        self.temperature = temperature

    def forward(self, inputs: Tensor, data_samples: list, mode: str = 'predict') -> list:
        """Store embeddings (D,) and assignments (K,) of clips (N, V, C, T, H, W) in the samples."""
        views = inputs.shape[:2]
        high = self.recognizer.extract_feat(inputs.flatten(0, 1))[-1]  # (N*V, C, T', h, w)
        level = self.recognizer.levels['high']
        steps = level.heads['contrast'](level.excitation(high))  # (N*V, D, T')
        embeddings = steps.float().mean(2).unflatten(0, views).mean(1)  # (N, D)
        semantic = self.recognizer.semantic
        for index, sample in enumerate(data_samples):
            sample.set_field(embeddings[index], 'clip_features')
        if semantic is None:
            return data_samples
        scores = semantic.scores(semantic.head(high), int(self.recognizer.epoch))  # (N*V, K)
        assigned = (scores.float() / self.temperature).softmax(1).unflatten(0, views).mean(1)
        for index, sample in enumerate(data_samples):
            sample.set_field(dict(semantic=assigned[index]), 'clip_extra')
        return data_samples


def nearest(query: np.ndarray, gallery: np.ndarray, topk: int) -> tuple[np.ndarray, np.ndarray]:
    """Places and similarities (Q, topk) of the gallery's rows of the largest dot product.

    Of equally similar ones the one that stands earlier comes first.
    """
    similarity = query.astype(np.float64) @ gallery.astype(np.float64).T  # (Q, G)
    places = np.argsort(-similarity, axis=1, kind='stable')[:, :topk]
    return places, np.take_along_axis(similarity, places, 1)


def hits(places: np.ndarray, query_labels: np.ndarray, gallery_labels: np.ndarray) -> float:
    """Share of neighbours (Q, topk) that have their query's class, in percent."""
    return 100 * float((gallery_labels[places] == query_labels[:, None]).mean())


def neighbours(job: Job) -> TaskResult:
    """Look up each test video's nearest training videos."""
    settings = job.settings
    model = _embedding_model(job)
    by = 'backbone features' if model is None else 'embeddings'
    train, test = (_distributions(job, model, subset) for subset in ('train', 'test'))
    found = {'instance': nearest(_unit(test.values), _unit(train.values), settings.topk)}
    if 'semantic' in test.extra:
        found['semantic'] = nearest(test.extra['semantic'], train.extra['semantic'], settings.topk)
    notes = [] if 'semantic' in found else ['no prototypes: no semantic-wise neighbours']
    if len(train.labels) < settings.topk:
        notes.append(f'only {len(train.labels)} training videos for the top {settings.topk}')
    metrics = {
        f'hits_{kind}': hits(places, test.labels, train.labels)
        for kind, (places, _) in found.items()
    }
    what = f'top {settings.topk} training videos of each test video, frozen, instance-wise by {by}'
    what += ', semantic-wise by assignments to prototypes' if 'semantic' in found else ''
    protocol = job.protocol(what) | dict(
        topk=settings.topk, temperature=settings.temperature, instance=by
    )
    details = dict(queries=_queries(job, train, test, found))
    return TaskResult(
        metrics, counts(train, test), protocol, decoders(train, test), notes, details=details
    )


def load_recognizer(job: Job) -> nn.Module:
    """The whole pretrained recognizer: all of its tensors, or an error.

    Raises:
        UserError: The checkpoint does not fit.
    """
    path = Path(job.request.checkpoint)
    model = MODELS.build(copy.deepcopy(job.pretrain.model))
    state = tensors_of(read_checkpoint(path))
    found = differences(model.state_dict(), state)
    if found:
        raise UserError(
            f'checkpoint {path} does not fit the whole model of {job.request.config}: {found}'
        )
    model.load_state_dict(state)
    return model.eval()


def _embedding_model(job: Job) -> EmbeddingModel | None:
    """None where there are no embeddings, as of random weights."""
    if job.untrained:
        return None
    recognizer = load_recognizer(job)
    levels = getattr(recognizer, 'levels', {})
    if 'high' not in levels or 'contrast' not in levels['high'].heads:
        return None
    return EmbeddingModel(recognizer, job.settings.temperature, preprocessor(job.pretrain))


def _distributions(job: Job, model: EmbeddingModel | None, subset: str) -> Outputs:
    """Embeddings (M, D) of videos, and ``extra['semantic']`` (M, K) where there are prototypes."""
    if model is None:
        found = features(job, subset)
        return Outputs(
            found.video_means(),
            found.labels,
            found.files,
            found.expected,
            found.decoders,
            found.frames,
        )
    settings = job.settings
    return cached_features(
        model,
        job.test_data(subset),
        identity(job) | dict(what='embeddings', temperature=settings.temperature),
        Path(job.request.work_dir) / 'features',
        settings.batch_size,
        settings.num_workers,
        job.amp,
        f'embeddings of {job.request.dataset} {subset}',
    )


def _unit(values: np.ndarray) -> np.ndarray:
    return functional.normalize(torch.from_numpy(values).double(), dim=1).numpy()


def _queries(
    job: Job, train: Outputs, test: Outputs, found: dict[str, tuple[np.ndarray, np.ndarray]]
) -> list[dict[str, Any]]:
    """A few queries at equal distances in the test list, with their neighbours."""
    queries = []
    for query in spread(len(test.files), job.settings.num_queries):
        shown: dict[str, Any] = dict(query=_clip(job, test, query), instance=[], semantic=[])
        for kind, (places, similarities) in found.items():
            shown[kind] = [
                _clip(job, train, place)
                | dict(
                    similarity=round(float(similarity), 4),
                    hit=bool(train.labels[place] == test.labels[query]),
                )
                for place, similarity in zip(places[query], similarities[query], strict=True)
            ]
        queries.append(shown)
    return queries


def _clip(job: Job, videos: Outputs, place: int) -> dict[str, Any]:
    seen = np.unique(videos.frames[place])
    return {
        'video': listed(job, videos.files[place]),
        'class': job.classes[videos.labels[place]],
        'frames': [int(seen[index]) for index in spread(len(seen), FRAMES)],
    }
