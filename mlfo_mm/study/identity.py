"""What a run is called: one notion for plans, evaluations, failures and records. Plain data only."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from mlfo_mm.study.tasks import PRETRAIN, TASKS, UNTRAINED

if TYPE_CHECKING:
    from mlfo_mm.study.records import Record

DEFAULT = 'default'  # the variant of a recipe without changes
NO_CHECKPOINT = 'none'  # stands for the checkpoint of random weights
ZEROS = 'zeros'  # what published networks are padded with
TIME_PADDINGS = (ZEROS, 'replicate', 'circular')
PADDING_MARKS = tuple(f'time_{padding}' for padding in TIME_PADDINGS[1:])


@dataclass(frozen=True)
class Pretraining:
    """What is trained, in plain data; who reads configs makes it of one.

    Attributes:
        method: Key of the method, like ``variant`` and ``backbone``.
        dataset: What it is trained on, and the ``split`` of it.
        profile: Name of the profile.
        text: All that it depends on but the seed; not where it is stored.
        bare: What of it a network depends on that was never trained.
        settings: Values that sweeps change, by their names.
        time_padding: What the network is padded with in time; ``variant`` names it as well.
    """

    method: str
    variant: str
    backbone: str
    dataset: str
    profile: str
    text: str
    bare: str
    split: int = 1
    settings: Mapping[str, float] = field(default_factory=dict)
    time_padding: str = ZEROS


@dataclass(frozen=True)
class Protocol:
    """How weights are evaluated, in plain data.

    Attributes:
        version: Of the code of the protocols.
        task: Key of the task, done on a ``split`` of a ``dataset``.
        average: How the scores of a video's clips are averaged.
        amp: Whether bfloat16 autocast is on.
        skip_broken: Whether broken videos are passed over.
        text: All that the downstream config says.
    """

    version: int
    task: str
    dataset: str
    split: int
    average: str
    amp: bool
    skip_broken: bool
    text: str


class RunKey(NamedTuple):
    """What the runs of one row share."""

    method: str
    variant: str
    backbone: str
    pretrain: str
    reference: bool = False


def padded_variant(variant: str, time_padding: str) -> str:
    """Return what a variant is called under a padding in time: another one where it is not zeros.

    It is spelled as the changes are joined to a run: ``official+time_replicate``. That of untrained
    weights, ``''``, and the recipe itself give way to the padding's own name.
    """
    if time_padding == ZEROS:
        return variant
    return '+'.join((*(() if variant in ('', DEFAULT) else (variant,)), f'time_{time_padding}'))


def is_padded(variant: str) -> bool:
    """Return whether a variant is one by its padding in time."""
    return variant.rpartition('+')[2] in PADDING_MARKS


def run_key(record: Record) -> RunKey:
    """Return the row identity of a record. Untrained weights have no data, and a variant by padding alone."""
    method = record.method
    if method in UNTRAINED and record.task in TASKS:
        method = TASKS[record.task].untrained
    if method in UNTRAINED:
        variant = record.variant if is_padded(record.variant) else ''
        return RunKey(method, variant, record.backbone, 'none', record.reference)
    dataset = record.pretrain_dataset
    return RunKey(method, record.variant, record.backbone, dataset, record.reference)


def pretraining_identity(run: Pretraining, seed: int) -> dict[str, Any]:
    """Return the fields of a pretraining's record that say what it is a record of."""
    return _identity(
        dict(
            method=run.method,
            variant=run.variant,
            backbone=run.backbone,
            pretrain_dataset=run.dataset,
            task=PRETRAIN,
            dataset=run.dataset,
            split=run.split,
            seed=seed,
        ),
        run.profile,
        f'# pretraining\n{run.text}',
        run.settings,
    )


def evaluation_identity(
    run: Pretraining, protocol: Protocol, seed: int, untrained: bool = False
) -> dict[str, Any]:
    """Return the fields of an evaluation's record that say what it is a record of.

    Of a network that was never trained, the method plays no part.
    """
    asked = dict(
        protocol_version=protocol.version,
        task=protocol.task,
        dataset=protocol.dataset,
        split=protocol.split,
        average=protocol.average,
        amp=protocol.amp,
        skip_broken=protocol.skip_broken,
    )
    weights = run.bare if untrained else run.text
    return _identity(
        dict(
            method=TASKS[protocol.task].untrained if untrained else run.method,
            variant=padded_variant('', run.time_padding) if untrained else run.variant,
            backbone=run.backbone,
            pretrain_dataset='none' if untrained else run.dataset,
            task=protocol.task,
            dataset=protocol.dataset,
            split=protocol.split,
            seed=seed,
        ),
        run.profile,
        f'# evaluation\n{asked}\n# pretraining\n{weights}\n# downstream\n{protocol.text}',
        {} if untrained else run.settings,
    )


def contents(leakage: object) -> dict[str, str]:
    """Return the digest of each list that a number rests on, by role and file: ``test mine/test.txt``.

    It covers lines, classes and videos. Numbers that name the same list with another digest are of
    other data: neither is reused for the other, and they share no column. Records that were made
    before digests were taken have none. Of a pretraining, ``start`` are the weights that it began with.

    Args:
        leakage: Of a record.
    """
    lists = leakage.get('lists') if isinstance(leakage, Mapping) else None
    return {
        f'{role} {facts.get("file")}': f'{facts["content"]} {facts.get("start", "")}'.strip()
        for role, facts in (lists.items() if isinstance(lists, Mapping) else ())
        if isinstance(facts, Mapping) and isinstance(facts.get('content'), str)
    }


def folder_name(about: Mapping[str, Any]) -> str:
    """Return the folder that a run of this identity trains in: what is another run has another."""
    who = f'{about["method"]}-{about["variant"]}_{about["pretrain_dataset"]}'
    return f'{safe_name(who)}_{about["family_hash"][:8]}_seed{about["seed"]}'


def safe_name(text: str) -> str:
    """Return a text as part of a file's name, and of a workflow's job: a sweep's variant has an ``=``."""
    return re.sub(r'[^A-Za-z0-9._+-]+', '_', text)


def _identity(
    named: dict[str, Any], profile: str, family: str, settings: Mapping[str, float]
) -> dict[str, Any]:
    """``family`` is all that runs share which may be averaged over seeds."""
    text = f'seed = {named["seed"]}\n{family}'
    family_hash = hash_text(family)
    return dict(
        **named,
        experiment=experiment_id(**named, family_hash=family_hash),
        profile=profile,
        config_text=text,
        config_hash=hash_text(text),
        family_hash=family_hash,
        settings=dict(settings),
    )


def hash_text(text: str) -> str:
    """Return the SHA-256 of a text, as the config hashes use it."""
    return hashlib.sha256(text.encode('utf-8')).hexdigest()


def experiment_id(
    *,
    method: str,
    variant: str,
    backbone: str,
    pretrain_dataset: str,
    task: str,
    dataset: str,
    split: int,
    seed: int,
    family_hash: str,
) -> str:
    """Return the identity of an evaluation as a safe file name.

    The family hash is part of it, so a changed configuration never overwrites older results; the
    same evaluation done again replaces its record.
    """
    parts = (method, variant, backbone, pretrain_dataset, task, dataset)
    name = '-'.join(re.sub(r'[^A-Za-z0-9._+]+', '_', part).strip('_.+') or 'x' for part in parts)
    if len(name) > 150:
        name = f'{name[:140]}_{hash_text(name)[:8]}'
    return f'{name}-split{split}-seed{seed}-{family_hash[:8]}'
