"""The lists that a number rests on, by what the checkpoint itself says of its pretraining."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

from mmengine.config import Config

from mlfo_mm.datasets.annotation import find_dataset, list_file
from mlfo_mm.datasets.leakage import compare_lists, list_facts
from mlfo_mm.engine.launch import training_list
from mlfo_mm.errors import UserError

LOADER = 'train_dataloader'


def checked_lists(
    dataset: str, split: int, pretrain: Config | None, trained_with: str | None = None
) -> dict[str, Any]:
    """Compare a data set's test list with all lists that a number on it was trained on.

    Args:
        dataset: Name of the data set.
        split: Number of its split.
        pretrain: Config of the pretraining, None where there was none.
        trained_with: Text of the config in the checkpoint: what it says of the list counts more.

    Returns:
        As :func:`compare_lists`; ``unchecked`` says which list is not here, and why.

    Raises:
        UserError: A test video, or another clip of its group, is in one of the others.
    """
    folder = find_dataset(dataset).absolute()
    trained, unchecked = {'training': list_file(folder, 'train', split)}, {}
    if pretrain is not None:
        try:
            trained['pretraining'] = pretraining_list(pretrain, trained_with).absolute()
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


def pretraining_list(config: Config, trained_with: str | None = None) -> Path:
    """The list that weights were pretrained on."""
    told = told_dataset(trained_with or '')
    if 'dataset' not in told:
        return training_list(config)
    folder = find_dataset(told['dataset'], told.get('data_root'))
    return list_file(folder, told.get('subset', 'train'), told.get('split', 1))


def told_dataset(text: str) -> dict[str, Any]:
    """Plain arguments of the training data set in a config's text, which is read and not run."""
    try:
        assigned = {
            node.targets[0].id: node.value
            for node in ast.parse(text).body
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
        }
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return {}
    dataset = _keywords(_keywords(assigned.get(LOADER)).get('dataset'))
    plain = {}
    for key, kind in (('dataset', str), ('data_root', str), ('subset', str), ('split', int)):
        value = dataset.get(key)
        if isinstance(value, ast.Constant) and isinstance(value.value, kind):
            plain[key] = value.value
    return plain


def _keywords(node: ast.expr | None) -> dict[str | None, ast.expr]:
    return {each.arg: each.value for each in node.keywords} if isinstance(node, ast.Call) else {}
