"""Forward or reversed: the layer, its maps, and the whole task on a backbone of a known function."""

from __future__ import annotations

import json
import shutil
from types import SimpleNamespace

import av
import numpy as np
import pytest
import torch
from mmaction.registry import MODELS
from mmengine.registry import DATASETS
from sklearn.linear_model import LogisticRegression
from torch import nn

from mlfo_mm.errors import UserError
from mlfo_mm.evaluation import order
from mlfo_mm.evaluation.evaluate import evaluate
from mlfo_mm.evaluation.order import OrderProbe, fit_order, spread
from mlfo_mm.evaluation.trial import prepare


@MODELS.register_module()
class Drift(nn.Module):
    """Brightness's change over a clip in one channel, its fall in another, as maps (M, 2, 2, 2, 2)."""

    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(torch.ones(1))

    def init_weights(self):
        pass

    def forward(self, clips):
        drift = clips[:, :, -1].mean((1, 2, 3)) - clips[:, :, 0].mean((1, 2, 3))
        flat = torch.stack([drift.clamp(min=0), (-drift).clamp(min=0)], 1) * self.scale
        place = torch.arange(8.0).reshape(1, 1, 2, 2, 2) / 3.5
        return flat[:, :, None, None, None] * place


@pytest.fixture
def brightening(tmp_path):
    """Root of a data set whose videos all get brighter."""
    folder = tmp_path / 'root/sunrise'
    folder.mkdir(parents=True)
    (folder / 'classes.txt').write_text('near\nfar\n')
    for subset, count in (('train', 6), ('test', 5)):
        lines = []
        for index in range(count):
            name = f'{subset}_{index}.mp4'
            with av.open(str(folder / name), 'w') as container:
                stream = container.add_stream('libx264', rate=25)
                stream.width, stream.height, stream.pix_fmt = 48, 40, 'yuv420p'
                first = 20 + index + 10 * (subset == 'test')  # no video is another's copy
                for step in range(40):
                    image = np.full((40, 48, 3), first + 4 * step, np.uint8)
                    container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format='rgb24')))
                container.mux(stream.encode())
            lines.append(f'{name} {index % 2}\n')
        (folder / f'{subset}.txt').write_text(''.join(lines))
    return folder.parent


@pytest.fixture
def drift_request(request_for, brightening, tmp_path, monkeypatch):
    """A request on ``sunrise`` with the backbone :class:`Drift`."""
    config = tmp_path / 'drift.py'
    config.write_text(
        "method = 'drift'\nvariant = 'test'\nbackbone_name = 'drift'\npretrain_dataset = 'none'\n"
        "profile = 'smoke'\nclip_len = 8\nframe_interval = 2\nshort_side = 36\n"
        'crop_size = 32\nnormalize = dict(mean=[0.0, 0.0, 0.0], std=[1.0, 1.0, 1.0])\n'
        "model = dict(type='MLFO', backbone=dict(type='Drift'))\ntrain_cfg = dict(max_epochs=1)\n"
    )
    request = request_for('order', run=str(config), dataset='sunrise')
    monkeypatch.setenv('MLFO_DATA_ROOT', str(brightening))
    return request


def test_order_of_a_known_backbone(drift_request, tmp_path):
    record, _ = evaluate(drift_request, tmp_path / 'results')
    assert record.metrics == {'accuracy': 100.0}
    assert record.outcomes == {'accuracy': '100 100 100 100 100'}
    assert record.cost == {'params_m': 0.0}  # its forward does not run on shapes alone
    assert record.protocol['num_classes'] == 2
    assert 'bias-free' in record.protocol['line']
    assert (
        '2-fold cross-validation on the training list, whole videos left out'
        in (record.protocol['line'])
    )
    clips = record.details['clips']
    # the smoke profile shows 2 of 5 test videos, each forward and backwards
    assert [clip['video'] for clip in clips] == ['test_1.mp4'] * 2 + ['test_3.mp4'] * 2
    assert [clip['class'] for clip in clips] == ['far'] * 4
    assert [clip['reversed'] for clip in clips] == [False, True] * 2
    forward, backward = clips[:2]
    assert forward['frames'] == backward['frames'][::-1]
    assert len(forward['frames']) == 8
    assert np.diff(forward['frames']).tolist() == [2] * 7
    for clip in clips:
        cam = np.array(clip['cam'])
        assert cam.shape == (2, 2, 2)
        # the map speaks for "reversed", its mean is the logit, which grows along the positions
        logit = np.log(clip['probability'] / (1 - clip['probability'])) / 2
        assert cam.mean() == pytest.approx(logit, rel=0.01)
        assert bool(cam.mean() > 0) is clip['reversed']
        assert np.diff(np.abs(cam.ravel())).min() > 0
    json.dumps(record.details, allow_nan=False)


def test_forward_features_are_those_of_the_other_tasks(request_for, tmp_path, capsys):
    evaluate(request_for('retrieval'), tmp_path / 'results')
    evaluate(request_for('order'), tmp_path / 'results')
    assert capsys.readouterr().out.count('reusing') == 2


def test_a_video_that_breaks_before_its_map_is_named(request_for, videos, tmp_path, monkeypatch):
    shutil.copytree(videos, tmp_path / 'root')
    request = request_for('order', skip_broken=True)
    monkeypatch.setenv('MLFO_DATA_ROOT', str(tmp_path / 'root'))
    job = prepare(request)
    video = tmp_path / 'root/pair/test_g00_c1.mp4'
    video.write_text('no video')
    with pytest.raises(UserError, match=r'test_g00_c1\.mp4 can no longer be decoded'):
        order._maps(job, None, SimpleNamespace(files=[str(video)]))


@pytest.mark.parametrize('difference', [False, True])
def test_reversal_stands_before_the_differences(request_for, difference):
    options = {'frame_difference': difference}
    job = prepare(request_for('order', options=options))
    forward, backward = (DATASETS.build(job.test_data('test', r))[0] for r in (False, True))
    shown, back = forward['inputs'], backward['inputs']  # (V, C, T, H, W)
    inds, back_inds = (s['data_samples'].frame_inds.reshape(2, -1) for s in (forward, backward))
    assert (inds[:, ::-1] == back_inds).all()
    if not difference:
        assert torch.equal(shown.flip(2), back)
        return
    # the difference to the next frame, in the order of playing; the last one stands twice
    assert torch.equal(shown[:, :, :-1].flip(2), back[:, :, :-1])
    assert torch.equal(back[:, :, -1], back[:, :, -2])


def test_layer_tells_the_direction_and_its_map_adds_up():
    rng = np.random.default_rng(0)
    forward = rng.random((30, 3, 6))
    backward = forward.copy()
    forward[..., 0] += 1
    backward[..., 1] += 1
    probe = fit_order(forward[:20], backward[:20])
    assert probe.score(forward[20:], backward[20:]) == 100
    assert probe.accuracy and max(probe.accuracy.values()) == 100
    assert probe.weight[0] < 0 < probe.weight[1]
    level = rng.random((6, 2, 3, 4))
    cam = probe.activation(level)
    assert cam.shape == (2, 3, 4)
    assert cam.mean() == pytest.approx(probe.logits(level.mean((1, 2, 3))))
    assert cam[1, 2, 3] == pytest.approx(probe.weight @ level[:, 1, 2, 3])
    # two logits, plus and minus: softmax
    logits = np.array([-1, 1]) * probe.logits(level.mean((1, 2, 3)))
    expected = np.exp(logits[1]) / np.exp(logits).sum()
    assert probe.probability(level.mean((1, 2, 3))) == pytest.approx(expected)


def test_layer_equals_scikit_learns_decision():
    rng = np.random.default_rng(1)
    forward, backward = rng.normal(size=(2, 40, 1, 4)) + np.array([0.0, 0.5])[:, None, None, None]
    rows = np.concatenate([forward, backward]).reshape(-1, 4)
    probe = fit_order(forward, backward, strengths=(0.1,))
    scale = rows.std(0)
    model = LogisticRegression(C=0.1, fit_intercept=False, max_iter=500)
    model.fit(rows / scale, np.repeat([0, 1], 40))
    assert 2 * probe.logits(rows) == pytest.approx(model.decision_function(rows / scale), abs=1e-6)


def test_features_without_direction_stay_at_chance():
    rng = np.random.default_rng(2)
    still = rng.random((40, 2, 8))
    assert fit_order(still[:30], still[:30]).score(still[30:], still[30:]) == 50
    noise = rng.normal(size=(2, 200, 1, 8))
    probe = fit_order(noise[0, :100], noise[1, :100])
    assert abs(probe.score(noise[0, 100:], noise[1, 100:]) - 50) < 10


def test_score_counts_both_directions_and_halves():
    probe = OrderProbe(np.array([1.0]), 1.0, {}, '')
    forward = np.array([[[-1.0]], [[2.0]], [[0.0]], [[-3.0]]])  # right, wrong, undecided, right
    backward = np.array([[[1.0]], [[1.0]], [[1.0]], [[-1.0]]])  # 3 of 4 right
    assert probe.score(forward, backward) == pytest.approx(100 * (2.5 + 3) / 8)


def test_groups_are_left_out_whole():
    rng = np.random.default_rng(3)
    groups = np.arange(40) // 4
    names = rng.normal(size=(10, 64))
    # each group has its own direction: nothing to carry over to another
    forward = names[groups][:, None] + 0.01 * rng.normal(size=(40, 1, 64))
    backward = -names[groups][:, None] + 0.01 * rng.normal(size=(40, 1, 64))
    assert max(fit_order(forward, backward).accuracy.values()) > 95
    across = fit_order(forward, backward, groups)
    assert max(across.accuracy.values()) < 80
    assert 'whole groups left out' in across.validation


def test_one_video_has_nothing_to_validate_on():
    probe = fit_order(np.ones((1, 2, 3)), -np.ones((1, 2, 3)))
    assert probe.accuracy == {}
    assert probe.validation == 'no cross-validation: one training video'
    assert probe.score(np.ones((1, 1, 3)), -np.ones((1, 1, 3))) == 100


@pytest.mark.parametrize(
    ('total', 'count', 'places'),
    [(10, 2, [2, 7]), (5, 5, [0, 1, 2, 3, 4]), (3, 8, [0, 1, 2]), (1, 4, [0]), (9, 1, [4])],
)
def test_places_are_spread(total, count, places):
    assert spread(total, count) == places
