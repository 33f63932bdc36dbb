"""The command itself, on a copy of the project's configs."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

from tests.conftest import REPO


def test_rewrites_the_readme_and_names_what_is_missing(tmp_path):
    configs = shutil.copytree(REPO / 'configs', tmp_path / 'configs')
    path = configs / 'README.md'
    before = path.read_text()
    path.write_text(before.replace('(moco/README.md)', '(elsewhere)'))

    def run():
        tool = str(REPO / 'tools/dev/make_method_table.py')
        return subprocess.run(
            [sys.executable, tool, '--configs', str(configs)],
            capture_output=True,
            text=True,
            env=os.environ | dict(PYTHONPATH=str(REPO)),
            cwd='/',
        )

    done = run()
    assert (done.returncode, done.stderr, done.stdout) == (0, '', f'{path}\n')
    assert path.read_text() == before
    (configs / 'moco' / 'r3d18_k400.py').unlink()
    done = run()
    assert done.returncode == 2 and done.stderr.startswith(f'error: {configs}/moco/method.toml: ')
    assert path.read_text() == before
