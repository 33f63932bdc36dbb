"""What a plan must know of configs, in plain data. Reads them with mmengine, apart.

The plan itself imports neither torch nor OpenMMLab: it asks this module in a process of its own,
and only for what no earlier plan has asked of the same configs.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from importlib import metadata
from pathlib import Path
from typing import Any

from mlfo_mm.errors import UserError
from mlfo_mm.files import write_atomic
from mlfo_mm.study.identity import hash_text

Question = dict[str, Any]
Answer = dict[str, Any]
NOTHING: Mapping[str, object] = {}


def pretraining(
    run: str, dataset: str, options: Mapping[str, object] = NOTHING, swept: str = ''
) -> Question:
    """Ask what a run trains.

    Args:
        run: How it is spelled.
        dataset: What it trains on; empty for the run's own.
        options: Config values on top.
        swept: That one of them which a sweep changes: where the run has its value already, it is
            the run as it stands.
    """
    return dict(kind='pretraining', run=run, dataset=dataset, options=dict(options), swept=swept)


def protocol(task: str, profile: str) -> Question:
    """Ask how a task is done under a profile."""
    return dict(kind='protocol', task=task, profile=profile)


def resolve(questions: Sequence[Question], root: Path, cache_file: Path) -> list[Answer]:
    """Answer questions about configs; each only once as long as no config changes.

    An answer about a config that cannot be read has only the key ``error``; it is asked again.
    """
    state = _state(root)
    cache = _read_cache(cache_file)
    keys = [hash_text(json.dumps([state, each], sort_keys=True)) for each in questions]
    open_keys = [key for key in dict.fromkeys(keys) if key not in cache]
    answers = {key: cache[key] for key in keys if key in cache}
    if open_keys:
        asked = {key: question for key, question in zip(keys, questions, strict=True)}
        found = dict(zip(open_keys, _ask([asked[key] for key in open_keys], root), strict=True))
        answers |= found
        cache |= {key: answer for key, answer in found.items() if 'error' not in answer}
        write_atomic(cache_file, json.dumps(cache, indent=1))
    return [answers[key] for key in keys]


def tool_environment(root: Path) -> dict[str, str]:
    """Environment of the tools: the repository's package first."""
    paths = [str(root), *filter(None, [os.environ.get('PYTHONPATH')])]
    return os.environ | dict(PYTHONPATH=os.pathsep.join(paths), PYTHON=sys.executable)


def _ask(questions: list[Question], root: Path) -> list[Answer]:
    done = subprocess.run(
        # -P: the package of the repository, also from within another one
        [sys.executable, '-P', '-m', 'mlfo_mm.benchmark.resolve'],
        input=json.dumps(questions),
        env=tool_environment(root),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ['no message'])[-1]
        raise UserError(f'configs cannot be read: {last.removeprefix("error: ")}')
    return json.loads(done.stdout.splitlines()[-1])


def _state(root: Path) -> str:
    """Digest of all that an answer may depend on: the configs and who reads them."""
    digest = hashlib.sha256(metadata.version('mmengine').encode())
    code = (root / 'mlfo_mm').rglob('*.py')  # configs are checked against the classes they name
    configs = [*root.glob('configs/**/*.py'), *root.glob('configs/**/*.toml')]
    for path in filter(Path.is_file, sorted((*configs, *code))):
        digest.update(f'{path}\0'.encode() + path.read_bytes())
    return digest.hexdigest()


def _read_cache(path: Path) -> dict[str, Answer]:
    try:
        return json.loads(path.read_text())
    except (OSError, ValueError):
        return {}


def _answer(question: Question) -> Answer:
    from mlfo_mm.engine.config import load_config, load_task
    from mlfo_mm.evaluation.request import pretraining_of, protocol_of
    from mlfo_mm.study.config_text import look_up

    if question['kind'] == 'protocol':
        task = question['task']
        return dict(protocol=asdict(protocol_of(load_task(task, question['profile']), task)))
    options, dataset = dict(question['options']), question['dataset']
    config = load_config(question['run'], options)
    if question['swept']:
        plain = load_config(question['run'])
        key = question['swept']
        if look_up(plain, key, plain) == look_up(config, key):
            config, options = plain, {}
    if dataset and config.pretrain_dataset != dataset:
        options |= dict(pretrain_dataset=dataset)
        config = load_config(question['run'], options)
    return dict(
        pretraining=asdict(pretraining_of(config)),
        epochs=config.train_cfg.max_epochs,
        options=options,
    )


def main() -> None:
    """Answer the questions on stdin, on stdout, as JSON."""
    answers: list[Answer] = []
    for question in json.load(sys.stdin):
        try:
            answers.append(_answer(question))
        except UserError as error:
            answers.append(dict(error=str(error)))
    print(json.dumps(answers))


if __name__ == '__main__':
    main()
