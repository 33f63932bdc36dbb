"""Cycles between videos and their frames (Kong et al., NeurIPS 2020, arXiv 2010.14810)."""

from __future__ import annotations

from mmaction.registry import MODELS
from torch import Tensor, nn

from ._common import as_float, check_positive, dot, unit


def cycle_logs(videos: Tensor, frames: Tensor, temperature: float) -> tuple[Tensor, Tensor]:
    """Logarithms of the probabilities to come back, of each video (N,) and of each frame (N, M).

    A video goes to all frames of the batch by the softmax of its similarities, each of these to all
    videos by that of its own; a frame comes back where it ends at any frame of its video.
    """
    if videos.dim() != 2 or frames.dim() != 3 or videos.shape != frames[:, 0].shape:
        raise ValueError(
            'cycle_contrast needs videos (N, C) and frames (N, M, C), '
            f'got {tuple(videos.shape)} and {tuple(frames.shape)}'
        )
    if len(videos) < 2:
        raise ValueError(
            f'cycle_contrast needs at least 2 samples in the (gathered) batch, got {len(videos)}: '
            'raise the batch size'
        )
    check_positive(temperature=temperature)
    videos, frames = (unit(z) for z in as_float(videos, frames))
    similar = dot(frames.flatten(0, 1), videos) / temperature  # (N*M, N)
    to_videos = similar.log_softmax(1).unflatten(0, frames.shape[:2])  # (N, M, N)
    to_frames = similar.T.log_softmax(1).unflatten(1, frames.shape[:2])  # (N, N, M)
    whole = (to_frames + to_videos.permute(2, 0, 1)).logsumexp((1, 2))  # (N,)
    to_owners = to_frames.logsumexp(2)  # (N, N): from a video to any frame of another
    parts = (to_videos + to_owners.T[:, None]).logsumexp(2)  # (N, M)
    return whole, parts


def cycle_contrast(videos: Tensor, frames: Tensor, temperature: float = 0.1) -> Tensor:
    r"""Mean of both cycles' cross-entropies: video to frames to video, frame to videos to frames.

    With :math:`h(u, v) = \exp(\cos(u, v) / \tau)`, s a video and z a frame, of video n

    .. math:: -\log \sum_{k, m} \frac{h(s_n, z_k^m)}{\sum_{l, o} h(s_n, z_l^o)}
        \frac{h(z_k^m, s_n)}{\sum_l h(z_k^m, s_l)}

    and of frame m of video n

    .. math:: -\log \sum_k \frac{h(z_n^m, s_k)}{\sum_l h(z_n^m, s_l)}
        \frac{\sum_o h(s_k, z_n^o)}{\sum_{l, o} h(s_k, z_l^o)}

    A reconstruction: the paper's equations were not at hand.

    Args:
        videos: (N, C), not normalised.
        frames: (N, M, C), those of each video.
        temperature: tau.

    Raises:
        ValueError: for shapes that do not match, N < 2 or a temperature <= 0.
    """
    whole, parts = cycle_logs(videos, frames, temperature)
    return -(whole.mean() + parts.mean()) / 2


@MODELS.register_module()
class CycleContrastLoss(nn.Module):
    """:func:`cycle_contrast` times ``loss_weight``."""

    def __init__(self, temperature: float = 0.1, loss_weight: float = 1.0) -> None:
        super().__init__()
        check_positive(temperature=temperature)
        self.temperature = temperature
        self.loss_weight = loss_weight

    def forward(self, videos: Tensor, frames: Tensor) -> Tensor:
        """Return the weighted loss."""
        return self.loss_and_accuracy(videos, frames)[0]

    def loss_and_accuracy(self, videos: Tensor, frames: Tensor) -> tuple[Tensor, Tensor]:
        """Return the weighted loss and the share of videos that come back rather than not."""
        whole, parts = cycle_logs(videos, frames, self.temperature)
        loss = -self.loss_weight * (whole.mean() + parts.mean()) / 2
        return loss, (whole.detach().exp() > 0.5).to(whole.dtype).mean()
