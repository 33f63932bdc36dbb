"""The commands of ``mlfo``, the tools that they are, and the statuses with which these end."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

INSTALLED = (Path(__file__).resolve().parent / '.mim').is_dir()  # not a checkout
typed = ''  # the command that is run, as its usage calls it; empty where a tool is run by its file


class Command(NamedTuple):
    """A command.

    Attributes:
        tool: File that it runs, in ``tools/``.
        does: What, in a line.
    """

    tool: str
    does: str


COMMANDS = dict(
    doctor=Command('doctor.py', 'say what is installed and found here, and what mends the rest'),
    digits=Command('data/make_digits.py', 'make the embedded data set of moving digits'),
    prepare=Command('data/prepare_dataset.py', 'write the lists of a data set, own or official'),
    check=Command('data/check_videos.py', 'decode every video of a data set, name the broken ones'),
    cache=Command(
        'data/build_frame_cache.py', 'decode the videos of data sets once, ahead of time'
    ),
    config=Command('print_config.py', 'print the whole config of a run'),
    views=Command('browse_views.py', "show what the network sees of a run's videos"),
    train=Command('train.py', 'pretrain a method without labels'),
    evaluate=Command('evaluate.py', 'linear probe, finetuning, retrieval and more on a backbone'),
    embed=Command('embed.py', 'draw a map of features, and nearest training videos'),
    test=Command('test.py', 'test a finetuned classifier again'),
    record=Command('record_pretraining.py', 'make a record of a run that was trained before'),
    benchmark=Command('benchmark.py', 'plan, run and report every table of a profile'),
    tables=Command('make_tables.py', 'turn records into tables and claims'),
    figures=Command('make_figures.py', 'turn records into figures'),
    compare=Command('compare.py', 'compare methods by their records'),
    convert=Command('convert_checkpoint.py', 'weights from other codes, and backbones for them'),
)
STATUSES = {
    0: 'done',
    1: 'something was found wrong (videos, an installation), or a fault of the code, with a traceback',
    2: 'not done, or not all of it: a line on stderr says which file, key or command mends it',
    130: 'stopped by Ctrl-C; the same command goes on (a training with --resume)',
    141: 'the reader of the output went away',
    143: 'stopped by SIGTERM; a training saved its state first',
}


def as_typed(text: str) -> str:
    """A text with ``mlfo train`` for ``python tools/train.py`` where no checkout is at hand."""
    return _as_commands(text) if INSTALLED else text


def _as_commands(text: str) -> str:
    names = {command.tool: name for name, command in COMMANDS.items()}

    def command(found: re.Match[str]) -> str:
        name = names.get(found[1])
        return f'mlfo {name}' if name else found[0]

    return re.sub(r'(?:\bpython )?\btools/([\w/]+\.py)', command, text)
