"""How a run is spelled: ``mlfo/r3d18@mini+one_hot``, the same in tools, plans, records and messages.

==============================  ===================================================================
``mlfo/r3d18@mini``             a method on a backbone, under a small profile
``mlfo/r3d18@k400``             the same at the published scale, pretrained on a set of ``SETS``
``configs/mlfo/r3d18_k400.py``  a file: this one is ``mlfo/r3d18@k400``
``mine.py@mini``                a recipe of one's own, under a profile
``...+one_hot+change.py``       variants of the method, changes of ``configs/changes``, or files
==============================  ===================================================================
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path

from mlfo_mm.errors import UserError

# pretraining sets of the published scale, as run names and recipes' file names call them
SETS = dict(k400='kinetics400', k600='kinetics600', ucf101='ucf101')
FORM = 'METHOD/BACKBONE@PROFILE+VARIANT, such as mlfo/r3d18@mini+one_hot, or a file'
NAME = re.compile(r'(?P<method>\w+)/(?P<backbone>\w+)')
RUN = re.compile(r'(?P<base>\w+/\w+)@(?P<at>\w+)(?P<changes>\+.*)?', re.DOTALL)
TEXT = re.compile(r'(?P<base>.*?\.py|[^@+]*)(@(?P<at>[^@+]*))?(?P<changes>\+.*)?', re.DOTALL)


@dataclass(frozen=True)
class RunName:
    """What a run is called.

    Attributes:
        base: ``method/backbone``, or the path of a file.
        at: A profile, or a set of ``SETS``; empty for a file as it stands.
        changes: Names of variants or changes, or paths of files, in their order.
    """

    base: str
    at: str = ''
    changes: tuple[str, ...] = ()

    @property
    def file(self) -> Path | None:
        """The file that it names; None where it names method and backbone."""
        return Path(self.base) if self.base.endswith('.py') else None

    @property
    def method(self) -> str:
        """The method; of a file, the folder that it lies in."""
        return self.base.split('/')[0] if self.file is None else self.file.absolute().parent.name

    @property
    def backbone(self) -> str:
        """The backbone; of a file, what its name begins with."""
        return self.base.split('/')[-1] if self.file is None else self.file.stem.split('_')[0]

    def __str__(self) -> str:
        return (
            self.base + (f'@{self.at}' if self.at else '') + ''.join(f'+{c}' for c in self.changes)
        )

    def stem(self) -> str:
        """A name for files and folders: ``r3d18@mini+one_hot``."""
        base = self.backbone if self.file is None else self.file.stem
        return str(replace(self, base=base, changes=tuple(Path(c).stem for c in self.changes)))


def parse_run(text: str) -> RunName:
    """Take a run's name apart; whether its parts exist is not looked at.

    But ``work/r3d18@mini+x.py`` is the file of this name where there is one, as a run writes it.

    >>> run = parse_run('mlfo/r3d18@mini+one_hot+channels_last')
    >>> run.method, run.backbone, run.at, run.changes
    ('mlfo', 'r3d18', 'mini', ('one_hot', 'channels_last'))
    >>> run.stem()
    'r3d18@mini+one_hot+channels_last'

    Raises:
        UserError: It has another form.
    """
    whole = text.endswith('.py') and Path(text).is_file()
    found = (None if whole else RUN.fullmatch(text)) or TEXT.fullmatch(text)
    if found is None or found['at'] == '':
        raise UserError(f'run {text!r}: must be {FORM}')
    base, at = found['base'], found['at'] or ''
    changes = split_changes((found['changes'] or '')[1:])
    if base.endswith('.py'):
        return RunName(base, at, changes)
    if not NAME.fullmatch(base):
        raise UserError(f'run {text!r}: must be {FORM}')
    if not at:
        raise UserError(f'run {text!r}: needs a profile, for instance {base}@demo or {base}@k400')
    return RunName(base, at, changes)


def split_changes(text: str) -> tuple[str, ...]:
    """The parts of what follows a run's profile; a path may hold a plus, a name may not.

    >>> split_changes('one_hot+a/b+c.py+d')
    ('one_hot', 'a/b+c.py', 'd')
    """
    parts: list[str] = []
    while text:
        found = re.match(r'[^+/]+(?=\+|$)|.*?\.py(?=\+|$)|.+', text, re.DOTALL)
        part = found[0] if found else text
        parts.append(part)
        text = text[len(part) + 1 :]
    return tuple(parts)
