"""From a command line to a choice and a place."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlfo_mm.arguments import Parser
from mlfo_mm.benchmark.commands import COMMANDS
from mlfo_mm.benchmark.options import OPTIONS, choice_of, where_of


def parsed(command: str, words: str):
    parser = Parser('a tool')
    for option in COMMANDS[command].options:
        OPTIONS[option](parser)
    return parser.parse_args(['--profile', 'mini', *words.split()])


@pytest.mark.parametrize('command', COMMANDS)
def test_every_command_has_a_choice_and_a_place(command):
    args = parsed(command, '--work-dir w --results r')
    assert choice_of(args).profile == 'mini'
    where = where_of(args, Path('/root'))
    assert (where.folders.work_dir, where.folders.results) == (Path('w'), Path('r'))
    assert (where.jobs, where.budget, where.dry_run) == (None, 0.0, False)


def test_sweeps_are_read_as_config_options_are():
    words = '--sweep model.first_stage=0,0.1 model.levels.low=None optim_wrapper.type=a --seeds 2'
    choice = choice_of(parsed('run', words))
    assert choice.sweep == (
        ('model.first_stage', (0, 0.1)),
        ('model.levels.low', (None,)),
        ('optim_wrapper.type', ('a',)),
    )
    assert (choice.tables, choice.tasks, choice.seeds) == (
        ('sweep',),
        ('linear_probe', 'retrieval'),
        2,
    )


def test_names_of_lists_and_of_what_is_cleaned():
    choice = choice_of(parsed('plan', '--dataset a b --task retrieval --tables 4'))
    assert (choice.datasets, choice.tasks, choice.tables) == (
        ('a', 'b'),
        ('retrieval',),
        ('table4',),
    )
    where = where_of(parsed('clean', '--features --dry-run'), Path('/root'))
    assert (where.features, where.checkpoints, where.dry_run) == (True, False, True)
