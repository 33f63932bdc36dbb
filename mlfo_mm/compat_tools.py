"""Work-arounds for faults of what only MMAction2's own tools use: inferencers, pictures and videos.

:mod:`mlfo_mm.components`, which every config names in ``custom_imports``, applies them. As in
:mod:`mlfo_mm.compat`, each says at which version it can go, and can be applied twice.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from mmengine.hooks import Hook


def apply() -> None:
    """Apply every one of them; cheap when repeated."""
    collate_by_config()
    draw_clips()
    write_without_moviepy()


def collate_by_config() -> None:
    """Let mmengine's inferencers take a ``collate_fn`` as loaders do: a dict with its type.

    ``BaseInferencer`` takes a name only, which a Runner refuses. Can go when it takes both.
    """
    from mmengine.infer import BaseInferencer
    from mmengine.registry import FUNCTIONS

    def init_collate(_: Callable, self: BaseInferencer, cfg: Mapping) -> Callable:
        settings = dict(cfg['test_dataloader'].get('collate_fn') or {})
        kind = settings.pop('type', 'pseudo_collate')
        collate = FUNCTIONS.get(kind) if isinstance(kind, str) else kind
        return functools.partial(collate, **settings)

    _replace(BaseInferencer, '_init_collate', init_collate)


def draw_clips() -> None:
    """Let ``VisualizationHook`` draw what 3D recognizers are shown, one clip after the other.

    It takes a sample for (C, T, H, W), where ``FormatShape`` makes (V, C, T, H, W), and tells the visualizer
    ``show``, which it does not know. Can go with an mmaction2 whose hook draws.
    """
    from mmaction.engine.hooks import VisualizationHook

    def draw_samples(plain: Callable, self: Hook, index: int, batch: Mapping, *rest, **options):
        # (V, C, T, H, W) -> (C, V*T, H, W)
        clips = [x.transpose(0, 1).flatten(1, 2) if x.ndim == 5 else x for x in batch['inputs']]
        self.draw_args['show_frames'] = self.draw_args.pop('show', self.show)
        plain(self, index, {**batch, 'inputs': clips}, *rest, **options)

    _replace(VisualizationHook, '_draw_samples', draw_samples)


def write_without_moviepy() -> None:
    """Let MMAction2 write videos and GIFs with PyAV and Pillow.

    It asks for ``moviepy.editor``, which moviepy 2 has no longer, and nothing requires moviepy 1. Can go
    with an mmaction2 that takes what it requires.
    """
    from mmaction.visualization.video_backend import LocalVisBackend

    from mlfo_mm.video.writing import write_frames

    def add_video(
        plain: Callable, self: LocalVisBackend, name: str, frames: np.ndarray, *rest, **options
    ):
        said = dict(zip(('step', 'fps', 'out_type'), rest, strict=False)) | options
        suffix = dict(video='.mp4', gif='.gif').get(said.get('out_type', 'img'))
        if suffix is None:
            return plain(self, name, frames, *rest, **options)
        path = Path(self._save_dir, name).with_suffix(suffix)
        return write_frames(path, frames[..., ::-1], said.get('fps', 4))  # BGR

    _replace(LocalVisBackend, 'add_video', add_video)


def _replace(owner: type, name: str, function: Callable) -> None:
    """Put ``function``, which is given the method as it was first, in a method's place; once."""
    plain = getattr(owner, name)
    if getattr(plain, 'mended', False):
        return

    @functools.wraps(plain)
    def wrapped(self: object, *args: object, **kwargs: object) -> object:
        return function(plain, self, *args, **kwargs)

    wrapped.mended = True
    setattr(owner, name, wrapped)
