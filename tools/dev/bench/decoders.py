"""All decoders that are installed on the same files and frame lists, as a training pipeline asks for them.

Prints samples a second of each and the share of frames that are those of decoding in order; last, how many
times faster the default is than the best other one. torchcodec needs FFmpeg's libraries.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import measure
from mlfo_mm.datasets import SampleMLFOClips
from mlfo_mm.datasets.readers import PyAVReader

import clips
import av
import numpy as np

DEFAULT = 'pyav'


def by_decord(path: str) -> Callable[[np.ndarray], np.ndarray]:
    """Decord alone, which the product asks only where it is proven."""
    from decord import VideoReader

    reader = VideoReader(path, num_threads=1)
    return lambda indices: reader.get_batch(indices).asnumpy()


def by_torchcodec(path: str) -> Callable[[np.ndarray], np.ndarray]:
    """Torchcodec alone."""
    from torchcodec.decoders import VideoDecoder

    decoder = VideoDecoder(path, dimension_order='NHWC', num_ffmpeg_threads=1, seek_mode='exact')
    return lambda indices: decoder.get_frames_at(indices.tolist()).data.numpy()


OPEN = {
    'pyav': lambda path: lambda indices: np.stack(PyAVReader(path).read(indices)),
    'decord': by_decord,
    'torchcodec': by_torchcodec,
}


def read(name: str, path: Path, indices: np.ndarray) -> np.ndarray | None:
    """Frames by a decoder; None where it fails."""
    try:
        return OPEN[name](str(path))(indices)
    except Exception:  # decoders share no base class of errors
        return None


def in_order(path: Path) -> np.ndarray:
    """All frames of a video."""
    with av.open(str(path)) as container:
        return np.stack([f.to_ndarray(format='rgb24') for f in container.decode(video=0)])


def usable(path: Path) -> list[str]:
    """Decoders that are installed and open a video."""
    names = []
    for name, reader in OPEN.items():
        try:
            reader(str(path))
            names.append(name)
        except Exception as error:
            print(f'{name}: not usable ({str(error).splitlines()[0]})')
    return names


def main() -> None:
    """Measure, print, store."""
    parser = measure.parser(__doc__, 'decoders')
    parser.add_argument('--videos', help='a folder; by default 320 x 240 H.264 and DivX are drawn')
    parser.add_argument('--samples', type=int, default=4, help='of each video, in a repeat')
    args = parser.parse_args()
    measure.as_worker()
    sampler = SampleMLFOClips(clip_len=16)
    with tempfile.TemporaryDirectory() as folder:
        paths = clips.videos(args.videos, Path(folder))
        expected = {path: in_order(path) for path in paths}
        np.random.seed(0)
        jobs = [
            (path, np.unique(sampler(dict(total_frames=len(expected[path])))['frame_inds']))
            for path in paths * args.samples
        ]
        names = usable(paths[0])
        sides = {n: partial(lambda name: [read(name, *job) for job in jobs], n) for n in names}
        times = measure.take_turns(sides, args)
        right = {}
        for name, side in sides.items():
            frames = [
                (found is not None and len(found) == len(indices))
                * (found == expected[path][indices]).all((1, 2, 3)).mean()
                if found is not None
                else 0.0
                for (path, indices), found in zip(jobs, side(), strict=True)
            ]
            right[name] = float(np.mean(frames))
    speeds = {name: len(jobs) / times.median(name) for name in names}
    for name in names:
        print(f'{name:10s} {speeds[name]:6.2f} samples a second, {100 * right[name]:.1f} % right')
    best = max((name for name in names if name != DEFAULT), key=speeds.get, default=DEFAULT)
    ratios = {
        f'speed of {DEFAULT} in those of {best}': times.ratio(best, DEFAULT),
        'the same in CPU time': times.cpu_ratio(best, DEFAULT),
    }
    facts = dict(samples_per_second=speeds, right_frames=right)
    measure.finish(args, ratios, **facts, **times.as_dict())


if __name__ == '__main__':
    main()
