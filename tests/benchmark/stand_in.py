"""A cheap stand-in for the tools: ``stand_in.py JOURNAL train|evaluate|fail|tables ...``.

Each appends to a journal what it began and what it finished, and says so if another process does the
same job at the same time.
"""

from __future__ import annotations

import fcntl
import json
import os
import sys
import time
import zipfile
from pathlib import Path

JOURNAL, WHAT, *REST = sys.argv[1:]
OUTCOME = REST[REST.index('--outcome') + 1] if '--outcome' in REST else None
STEP_S = 0.3


def note(text: str) -> None:
    with Path(JOURNAL).open('a') as file:
        file.write(f'{text}\n')


def hand_over(**said: object) -> None:
    if OUTCOME:
        Path(OUTCOME).write_text(json.dumps(said))


def train(work_dir: Path, epochs: int) -> None:
    work_dir.mkdir(parents=True, exist_ok=True)
    with (work_dir / 'mine').open('w') as mine:
        try:
            fcntl.flock(mine, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            note(f'CLASH in {work_dir.name}')
            sys.exit(1)
        done = len(list(work_dir.glob('epoch_*.pth')))
        if bool(done) != ('--resume' in REST):
            note(f'{work_dir.name}: --resume {"missing" if done else "without a checkpoint"}')
        for epoch in range(done + 1, epochs + 1):
            note(f'begin {work_dir.name} {epoch}')
            time.sleep(STEP_S)
            aside = work_dir / 'aside'
            with zipfile.ZipFile(aside, 'w') as archive:
                archive.writestr('weights', b'0' * 1000)
            os.replace(aside, work_dir / f'epoch_{epoch}.pth')
            note(f'done {work_dir.name} {epoch}')


def evaluate(record: Path) -> None:
    if not record.is_file():
        note(f'begin {record.stem}')
        time.sleep(STEP_S)
        record.parent.mkdir(parents=True, exist_ok=True)
        record.write_text('{}')
        note(f'done {record.stem}')
    hand_over(records=[str(record)], reason='')


def main() -> None:
    if WHAT == 'train':
        train(Path(REST[0]), int(REST[1]))
    elif WHAT == 'evaluate':
        evaluate(Path(REST[0]))
    elif WHAT == 'tables':
        note('begin tables')
        time.sleep(STEP_S)
        Path(REST[0]).mkdir(parents=True, exist_ok=True)
        note('done tables')
    else:
        print('some output\nand more')
        hand_over(records=[], reason='ValueError: no luck today')
        sys.exit(3)


if __name__ == '__main__':
    main()
