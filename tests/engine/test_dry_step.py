"""Every method and backbone on a GPU that is not there, at paper size, under ``--amp``."""

from __future__ import annotations

import pytest
import torch
from mmaction.registry import DATASETS, MODELS
from mmaction.structures import ActionDataSample

from mlfo_mm.engine.config import load_config
from mlfo_mm.engine.dry_step import StepMemory, drawn_batch, dry_step, on_meta, states_of
from mlfo_mm.engine.fake_gpu import Misplaced, fake_gpu
from mlfo_mm.evaluation.recognizer import DownstreamRecognizer, LinearHead
from mlfo_mm.models import MLFO, PCL, NTXentLoss
from mlfo_mm.study.experiments import all_rows
from mlfo_mm.study.profiles import PROFILES
from tests.methods import each_state
from tests.models.backbones.small import NAMES

DEMO = [
    row for row in all_rows(PROFILES['demo']) if (row.method, row.backbone) == ('mlfo', 'r3d18')
]
VIDEOS, CLIPS = 8, 10  # of an evaluation
EVALUATED = 'mlfo/r3d18@k400'


def clustered(model: PCL) -> None:
    like = model.bank.vectors
    known = torch.full((len(like),), -1, device=like.device)
    model.found = {
        count: (like.new_zeros(count, like.shape[1]), like.new_ones(count), known)
        for count in model.num_clusters
    }


@pytest.mark.slow
@each_state
def test_a_step_of_every_method_is_a_gpu_s(case, monkeypatch):
    if case.name == 'ctp':
        pytest.skip("torchvision's gradient of roi_align asks for a real device")
    monkeypatch.setattr(PCL, 'cluster', clustered)  # once an epoch, and it waits
    config = load_config(case.run.replace('@smoke', '@k400'))
    found = dry_step(config, amp=True)
    clips, *_ = drawn_batch(config, 1)['inputs']
    assert found.inputs == pytest.approx(4 * clips.numel() * found.samples, rel=1e-3)
    assert found.inputs + found.activations + found.weights < found.peak < 24 * 2**30
    assert found.weights > 4 * 14e6  # parameters of the smallest R3D here


@pytest.mark.slow
@pytest.mark.parametrize('row', DEMO, ids=lambda row: row.name)
def test_rows_of_the_demo_fit_its_few_frames(row):
    """Its last level has one step, whatever a variant asks of it."""
    found = dry_step(load_config(row.run(PROFILES['demo']), dict(row.options)), samples=4)
    assert found.samples == 4


def test_the_step_says_what_waits(monkeypatch):
    config = load_config('simclr/r3d18@smoke')
    assert dry_step(config, samples=4).samples == 4

    def waiting(self, z, _):
        return z.sum().item() * z.sum(), z.sum()

    monkeypatch.setattr(NTXentLoss, 'loss_and_accuracy', waiting)
    with pytest.raises(Misplaced, match='_local_scalar_dense'):
        dry_step(config, samples=4)


def test_the_step_says_what_autocast_leaves_out(monkeypatch):
    config = load_config('simclr/r3d18@smoke')
    once = MLFO.extract_feat

    def outside(self, clips):
        with torch.autocast('cuda', enabled=False):
            return once(self, clips)

    monkeypatch.setattr(MLFO, 'extract_feat', outside)
    assert dry_step(config, samples=4).samples == 4
    with pytest.raises(Misplaced, match='convolution is of float32'):
        dry_step(config, samples=4, amp=True)


def test_half_the_batch_takes_half_of_what_grows():
    config = load_config('simclr/r3d18@smoke+channels_last')
    four, eight = (dry_step(config, samples=n) for n in (4, 8))
    assert (four.weights, four.optimizer, four.buckets) == (
        eight.weights, eight.optimizer, eight.buckets,
    )  # fmt: skip
    assert eight.activations == pytest.approx(2 * four.activations, rel=0.05)
    assert four.optimizer == 2 * four.buckets  # Adam
    assert states_of(load_config('byol/r3d18@smoke')) in (1, 2)


def test_largest_batch():
    step = StepMemory(10, 100, 20, 10, 50, 450, 650)
    assert step.total == 680 and step.per_sample == 50
    assert step.largest_batch(680) == 10 and step.largest_batch(1180) == 20
    assert step.largest_batch(100) == 0


def downstream(name: str, **options):
    config = load_config(f'mlfo/{name}@k400')
    with torch.device('meta'):
        model = dict(type=DownstreamRecognizer, backbone=config.model.backbone, **options)
        return MODELS.build(model | dict(data_preprocessor=config.model.data_preprocessor))


def shown(videos: int, clips: int) -> dict:
    inputs = torch.zeros(clips, 3, 16, 112, 112, dtype=torch.uint8)
    samples = [ActionDataSample().set_gt_label(index % 3) for index in range(videos)]
    return dict(inputs=[inputs] * videos, data_samples=samples)


@pytest.mark.parametrize(
    'name', [n if n == 's3d' else pytest.param(n, marks=pytest.mark.product) for n in NAMES]
)
def test_features_of_every_backbone(name):
    model = downstream(name).eval()
    with fake_gpu() as gpu, torch.no_grad(), torch.autocast('cuda', torch.bfloat16):
        gpu.move(model)
        with gpu.waiting():
            data = model.data_preprocessor(shown(VIDEOS, CLIPS))
        sample = model(**data, mode='predict')[-1]
        assert sample.clip_features.shape == (CLIPS, sample.clip_features.shape[1])
        for level in (sample.clip_features, *sample.clip_extra.values()):
            assert level.device.type == 'cuda' and level.dtype == torch.float32
        assert gpu.peak < 24 * 2**30


@pytest.mark.parametrize('frozen', [True, False])
def test_heads(frozen):
    head = dict(type=LinearHead, num_classes=101, in_channels=512, normalize=frozen)
    model = downstream('r3d', cls_head=head, freeze_backbone=frozen).train()
    with fake_gpu() as gpu:
        gpu.move(model)
        with gpu.waiting():
            data = model.data_preprocessor(shown(VIDEOS, 1), training=True)
        labels = torch.stack([each.gt_label[0] for each in data['data_samples']])
        with torch.autocast('cuda', torch.bfloat16):
            features, _ = model.extract_feat(data['inputs'])
            loss = model.cls_head.loss_cls(model.cls_head(features), labels)
        loss.backward()
        assert features.dtype == loss.dtype == torch.float32
        grads = [each.grad for each in model.parameters() if each.requires_grad]
        assert {each.device.type for each in grads} == {'cuda'}
        assert len(grads) == (4 if frozen else len(list(model.parameters())))


@pytest.mark.parametrize('name', ['mlfo/r3d18@k400', 'byol/r3d18@k400'])
def test_augmentation_on_the_device(name, digits):
    config = load_config(f'{name}+device_augmentation')
    data = DATASETS.build(config.train_dataloader.dataset | dict(dataset='digits_motion'))
    samples = [data[index] for index in range(3)]
    batch = {key: [each[key] for each in samples] for key in ('inputs', 'data_samples')}
    preprocessor = MODELS.build(config.model.data_preprocessor)
    with fake_gpu() as gpu:
        gpu.move(preprocessor)
        with gpu.waiting():  # the frames, from the loader
            batch = preprocessor.cast_data(batch)
        clips, _ = preprocessor.preprocess(**batch, training=True)
        assert clips.device.type == 'cuda' and clips.dtype == torch.float32
        assert clips.shape == (3, 3 if 'mlfo' in name else 2, 3, 16, 112, 112)


def test_the_model_of_a_late_epoch_has_full_queues():
    model = on_meta(load_config('moco/r3d18@smoke'))
    assert model.queue.full and model.current_epoch + 1 == model.max_epochs
