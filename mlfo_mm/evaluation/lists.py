"""The lists that a number rests on, by what the checkpoint itself says of its pretraining."""

from __future__ import annotations

from typing import Any

from mmengine.config import Config

from mlfo_mm.datasets.annotation import find_dataset, list_file
from mlfo_mm.datasets.content import list_facts
from mlfo_mm.datasets.leakage import compare_lists
from mlfo_mm.engine.launch import training_list
from mlfo_mm.errors import UserError


def checked_lists(dataset: str, split: int, pretrain: Config | None) -> dict[str, Any]:
    """Compare a data set's test list with all lists that a number on it was trained on.

    Args:
        dataset: Name of the data set.
        split: Number of its split.
        pretrain: Config that the weights were trained with, None where they were not trained.

    Returns:
        As :func:`compare_lists`; ``unchecked`` says which list is not here, and why.

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
    return facts | (dict(unchecked=unchecked) if unchecked else {})


def own_list(config: Config) -> tuple[dict[str, Any], list[str]]:
    """The pretraining list for the record of its run, compared with its data set's test list.

    Returns:
        As :func:`compare_lists`, and a note where test videos are in it: no number of theirs may rest
        on these weights, and none can be recorded.
    """
    path = training_list(config).absolute()
    facts = dict(lists=dict(pretraining=list_facts(path)))
    try:
        test = list_file(path.parent, 'test', config.train_dataloader.dataset.get('split', 1))
    except UserError:
        return facts, []
    try:
        return compare_lists(test, dict(pretraining=path)), []
    except UserError as error:
        return facts, [str(error)]
