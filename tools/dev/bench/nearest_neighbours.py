"""Exact nearest neighbours in a large gallery, against faiss (CPU) and scikit-learn.

Prints seconds, our memory above the inputs and, last, the time as a share of the faster other's.
faiss and scikit-learn are asked for where they are installed: ``pip install faiss-cpu``.
"""

from __future__ import annotations

import gc
import importlib.util
import os
from collections.abc import Callable
from functools import partial

import measure
from memory import memory, memory_of
from mlfo_mm.evaluation.nearest import nearest

import numpy as np
import torch


def ours(query: np.ndarray, gallery: np.ndarray, k: int) -> np.ndarray:
    """This package's."""
    return nearest(torch.from_numpy(query), torch.from_numpy(gallery), k).numpy()


def faiss(query: np.ndarray, gallery: np.ndarray, k: int) -> np.ndarray:
    """A flat index of inner products of unit vectors."""
    import faiss

    faiss.omp_set_num_threads(torch.get_num_threads())
    query, gallery = query.copy(), gallery.copy()
    faiss.normalize_L2(query)
    faiss.normalize_L2(gallery)
    index = faiss.IndexFlatIP(gallery.shape[1])
    index.add(gallery)
    del gallery
    return index.search(query, k)[1]


def sklearn(query: np.ndarray, gallery: np.ndarray, k: int) -> np.ndarray:
    """Brute force; the smallest distance of unit vectors is the largest cosine."""
    from sklearn.neighbors import NearestNeighbors
    from sklearn.preprocessing import normalize

    query, gallery = normalize(query), normalize(gallery)
    index = NearestNeighbors(n_neighbors=k, algorithm='brute').fit(gallery)
    return index.kneighbors(query, return_distance=False)


def features(rows: int, width: int, seed: int) -> np.ndarray:
    """Vectors around 100 centres, as pooled features are."""
    rng = np.random.default_rng(seed)
    centres = np.abs(np.random.default_rng(0).standard_normal((100, width), dtype=np.float32))
    drawn = rng.standard_normal((rows, width), dtype=np.float32)
    for start in range(0, rows, 4096):
        part = drawn[start : start + 4096]
        part += 2 * centres[rng.integers(100, size=len(part))]
    return drawn


def main() -> None:
    """Measure, print, store."""
    parser = measure.parser(__doc__, 'nearest_neighbours', repeats=1)
    parser.set_defaults(warm_up=0)
    parser.add_argument('--queries', type=int, default=20_000)
    parser.add_argument('--gallery', type=int, default=240_000)
    parser.add_argument('--width', type=int, default=512)
    parser.add_argument('--neighbours', type=int, default=20)
    parser.add_argument('--threads', type=int, default=os.cpu_count())
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    os.environ.setdefault('OMP_NUM_THREADS', str(args.threads))
    query = features(args.queries, args.width, 1)
    gallery = features(args.gallery, args.width, 2)
    functions: dict[str, Callable] = {'ours': ours}
    functions |= {each.__name__: each for each in (faiss, sklearn) if found(each.__name__)}
    sides = {
        name: partial(each, query, gallery, args.neighbours) for name, each in functions.items()
    }
    if args.memory_of:
        gc.collect()
        before = memory('cpu', peak=False)
        sides[args.memory_of]()
        print(memory('cpu', peak=True) - before)
        return
    answers: dict[str, np.ndarray] = {}
    timed = {name: partial(_keep, answers, name, side) for name, side in sides.items()}
    times = measure.take_turns(timed, args)
    used = memory_of('ours')
    for name in sides:
        same = (np.sort(answers[name], 1) == np.sort(answers['ours'], 1)).mean()
        print(
            f'{name:8s} {times.median(name):8.2f} s, {100 * same:.3f} % of the neighbours as ours'
        )
    others = [name for name in sides if name != 'ours']
    if not others:
        raise SystemExit('error: neither faiss nor sklearn is installed: pip install faiss-cpu')
    best = min(others, key=times.median)
    ratios = {f'time as a share of {best}': times.ratio('ours', best)}
    ratios['memory above the inputs, GB'] = used
    ratios |= {f'CPU time as a share of {name}': times.cpu_ratio('ours', name) for name in others}
    measure.finish(args, ratios, memory_gb=used, **times.as_dict())


def found(name: str) -> bool:
    """Whether a package is installed."""
    return importlib.util.find_spec(name) is not None


def _keep(answers: dict, name: str, side: Callable) -> None:
    answers[name] = side()


if __name__ == '__main__':
    main()
