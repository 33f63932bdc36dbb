"""The command ``mlfo``: ``mlfo train mlfo/r3d18@demo`` is ``python tools/train.py mlfo/r3d18@demo``."""

from __future__ import annotations

import runpy
import sys

from mlfo_mm.errors import did_you_mean
from mlfo_mm.study.paths import REPOSITORY

COMMANDS = dict(
    train='train.py',
    test='test.py',
    evaluate='evaluate.py',
    benchmark='benchmark.py',
    tables='make_tables.py',
    figures='make_figures.py',
    compare='compare.py',
    convert='convert_checkpoint.py',
    config='print_config.py',
    views='browse_views.py',
    embed='embed.py',
    record='record_pretraining.py',
    digits='data/make_digits.py',
    prepare='data/prepare_dataset.py',
    check='data/check_videos.py',
    cache='data/build_frame_cache.py',
    doctor='doctor.py',
)
USAGE = 'usage: mlfo COMMAND [arguments]; mlfo COMMAND --help says which'


def main() -> None:
    """Run the tool that the first word names, with the words behind it."""
    name = sys.argv[1] if len(sys.argv) > 1 else '--help'
    if name in ('-h', '--help'):
        lines = [f'  {name:10} tools/{tool}' for name, tool in COMMANDS.items()]
        print('\n'.join([USAGE, '', *lines]))
        return
    if name not in COMMANDS:
        near = did_you_mean(name, COMMANDS) or f': one of {", ".join(COMMANDS)}'
        print(f'error: no command {name!r}{near}', file=sys.stderr)
        sys.exit(2)
    tool = REPOSITORY / 'tools' / COMMANDS[name]
    sys.argv[:2] = [f'mlfo {name}']
    runpy.run_path(str(tool), run_name='__main__')


if __name__ == '__main__':
    main()
