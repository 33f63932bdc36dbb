"""The lists that a number rests on, by what the checkpoint itself says of its pretraining."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mmengine.config import Config

from mlfo_mm.datasets.annotation import find_dataset, list_file
from mlfo_mm.datasets.content import list_facts
from mlfo_mm.datasets.leakage import compare_lists
from mlfo_mm.engine.launch import training_list
from mlfo_mm.engine.origin import START
from mlfo_mm.errors import UserError

OTHER = '{}, its classes or its videos are no longer those that the weights were trained on'


def checked_lists(
    dataset: str, split: int, pretrain: Config | None, told: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Compare a data set's test list with all lists that a number on it was trained on.

    Args:
        dataset: Name of the data set.
        split: Number of its split.
        pretrain: Config that the weights were trained with, None where they were not trained.
        told: The list that the checkpoint says it was trained on; it stands in the answer.

    Returns:
        As :func:`compare_lists`; ``unchecked`` says which list is not here, or not as it was in
        training, and why.

    Raises:
        UserError: A test video, or another clip of its group, is in one of the others.
    """
    folder = find_dataset(dataset).absolute()
    trained, unchecked = {'training': list_file(folder, 'train', split)}, {}
    if pretrain is not None:
        try:
            trained['pretraining'] = training_list(pretrain).absolute()
        except UserError as error:
            unchecked['pretraining'] = str(error)
    facts = compare_lists(list_file(folder, 'test', split), trained)
    if pretrain is not None and told is None and 'pretraining' in facts['lists']:
        del facts['lists']['pretraining']['content']  # it names the list, not what was in it then
    if pretrain is not None and told is not None:
        here = facts['lists'].get('pretraining', {}).get('content')
        if here not in (None, told['content']):
            unchecked['pretraining'] = OTHER.format(trained['pretraining'])
        facts['lists']['pretraining'] = dict(told)
        if START in told:
            unchecked[START] = 'the pretraining began with other weights, whatever they had seen'
    return facts | (dict(unchecked=unchecked) if unchecked else {})


def own_list(
    config: Config, told: Mapping[str, Any] | None = None
) -> tuple[dict[str, Any], list[str]]:
    """The pretraining list for the record of its run, compared with its data set's test list.

    Args:
        config: Of the run.
        told: The list that the checkpoint says it was trained on; it stands in the answer.

    Returns:
        As :func:`compare_lists`, and a note where test videos are in it: no number of theirs may rest
        on these weights, and none can be recorded.
    """
    path = training_list(config).absolute()
    here = list_facts(path)
    facts: dict[str, Any] = dict(lists=dict(pretraining=dict(told or here)))
    if told is not None and here['content'] != told['content']:
        return facts | dict(unchecked=dict(test=OTHER.format(path))), [OTHER.format(path)]
    try:
        test = list_file(path.parent, 'test', config.train_dataloader.dataset.get('split', 1))
    except UserError:
        return facts, []
    try:
        found = compare_lists(test, dict(pretraining=path))
        return found | dict(lists=found['lists'] | facts['lists']), []
    except UserError as error:
        return facts, [str(error)]


def unchanged(lists: Mapping[str, Any], dataset: str, split: int) -> bool:
    """Whether a data set is still what the facts on its lists say."""
    folder = find_dataset(dataset).absolute()
    pairs = (('test', 'test'), ('training', 'train'))
    return all(
        list_facts(list_file(folder, subset, split))['content'] == lists[role]['content']
        for role, subset in pairs
    )
