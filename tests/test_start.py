"""How every tool begins and ends: with what is not installed, and with one line and a status."""

from __future__ import annotations

import errno
import os
import subprocess
import sys

import pytest

from mlfo_mm.errors import UserError
from mlfo_mm.start import cli, plain_record
from tests.conftest import REPO

TOOLS = sorted(
    str(path.relative_to(REPO))
    for path in (*REPO.glob('tools/*.py'), *REPO.glob('tools/data/*.py'))
    if path.name not in ('prepare_dataset.py', 'doctor.py')  # Python's own packages will do
)


# of those that read their arguments before they load a package
ARGUMENTS = {
    'tools/browse_views.py': 'mlfo/r3d18@smoke',
    'tools/compare.py': 'mlfo --profile demo',
    'tools/embed.py': 'a.pth',
    'tools/convert_checkpoint.py': 'export a.pth b.pth',
    'tools/evaluate.py': 'a.pth --task retrieval --dataset a',
    'tools/print_config.py': 'mlfo/r3d18@smoke',
    'tools/record_pretraining.py': 'work_dirs/a',
    'tools/test.py': 'a.py a.pth',
    'tools/train.py': 'mlfo/r3d18@smoke',
}


def ended(error: BaseException) -> int:
    @cli
    def main() -> None:
        raise error

    with pytest.raises(SystemExit) as end:
        main()
    return end.value.code


def test_what_a_user_can_mend_is_one_line_and_a_status(capsys):
    assert ended(UserError('no such file')) == 2
    assert capsys.readouterr().err == 'error: no such file\n'
    assert ended(UserError('stopped at step 3', status=143)) == 143
    assert ended(OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), 'a.json')) == 2
    assert capsys.readouterr().err.endswith('error: a.json: No space left on device\n')


def test_ctrl_c_is_no_traceback(capsys):
    assert ended(KeyboardInterrupt()) == 130
    assert capsys.readouterr().err == 'stopped\n'


def test_a_fault_of_the_code_keeps_its_traceback():
    @cli
    def main() -> None:
        raise LookupError('a fault')

    with pytest.raises(LookupError):
        main()


def run(*command: object, **environment: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [str(word) for word in command],
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
        timeout=60,
    )


OUTPUT = """
from mlfo_mm.start import cli, plain_record

@cli
def main():
    for _ in range(20_000):
        print('a name of \\udcff, \\u00b1')

main()
"""


def test_any_terminal_can_be_written_to_and_may_go_away():
    plain = run(sys.executable, '-c', OUTPUT, PYTHONIOENCODING='ascii', PYTHONPATH=str(REPO))
    assert (plain.returncode, plain.stderr) == (0, '')
    assert plain.stdout.startswith('a name of \\udcff, \\xb1\n')
    pipe = f'{sys.executable} -c "$0" | head -n 1; exit "${{PIPESTATUS[0]}}"'
    by_rich = OUTPUT.replace('print(', 'console.print(').replace(
        '@cli', 'from rich.console import Console\nconsole = Console()\n@cli'
    )  # which exits with 1 by itself
    for code in (OUTPUT, by_rich):
        closed = run('bash', '-c', pipe, code, PYTHONPATH=str(REPO))
        assert (closed.returncode, closed.stderr) == (141, '')


@pytest.mark.parametrize('tool', TOOLS)
def test_without_an_environment_a_tool_says_what_brings_it(tool):
    """No site-packages, and nothing that names the repository: as with the system's Python."""
    words = ARGUMENTS.get(tool, '').split()
    done = run(sys.executable, '-S', REPO / tool, *words, PYTHONPATH='')
    assert done.returncode == 2 and done.stdout == ''
    assert done.stderr.startswith('error: ') and done.stderr.count('\n') == 1
    assert 'make install' in done.stderr or 'activate' in done.stderr


def test_help_loads_no_torch():
    """Which takes seconds; one process for all."""
    done = run(sys.executable, '-c', HELP, *TOOLS, 'tools/doctor.py', PYTHONPATH=str(REPO))
    assert (done.returncode, done.stderr) == (0, '')
    assert done.stdout.count('usage: ') == len(TOOLS) + 1


HELP = """
import runpy, sys
for tool in sys.argv[1:]:
    sys.argv[:] = [tool, '--help']
    try:
        runpy.run_path(tool, run_name='__main__')
    except SystemExit as end:
        assert not end.code, (tool, end.code)
    assert 'torch' not in sys.modules, tool
"""


def test_an_old_interpreter_is_named():
    code = f'import sys; sys.version_info = (3, 9); sys.path.insert(0, {str(REPO)!r}); import mlfo_mm.start'
    done = run(sys.executable, '-c', code)
    assert done.returncode == 2 and done.stderr.startswith('error: Python 3.11 or newer is needed')
    assert done.stderr.count('\n') == 1


def test_a_tool_needs_no_docstrings():
    done = run(sys.executable, '-OO', REPO / 'tools/benchmark.py', '--help')
    assert (done.returncode, done.stderr) == (0, '')


def test_logged_names_move_no_cursor():
    record = plain_record('a', 30, 'a.py', 1, 'cannot read \x1b[2J\u202e.mp4\n\tand more', (), None)
    assert record.getMessage() == 'cannot read \\x1b[2J\\u202e.mp4\n\\tand more'


@pytest.mark.parametrize('closed', ['<&-', '>&-', '2>&-', '>&- 2>&-', '<&- >&- 2>&-'])
def test_closed_streams(closed, tmp_path):
    """What is printed goes nowhere, least of all into a file that the tool writes."""
    script = tmp_path / 'tool.py'
    script.write_text(
        'import sys\nfrom mlfo_mm.start import cli\n'
        '@cli\ndef main():\n'
        '    with open(sys.argv[1], "w") as file:\n'
        '        print("said", flush=True)\n'
        '        print("warned", file=sys.stderr, flush=True)\n'
        '        file.write(sys.stdin.read())\n'
        'main()\n'
    )
    out = tmp_path / 'out'
    command = ['sh', '-c', f'"$@" {closed}', 'sh', sys.executable, str(script), str(out)]
    place = os.environ | {'PYTHONPATH': str(REPO)}
    done = subprocess.run(
        command, input='given', capture_output=True, text=True, check=False, env=place
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == ('' if '>&-' in closed.replace('2>&-', '') else 'said')
    assert done.stderr.strip() == ('' if '2>&-' in closed else 'warned')
    assert out.read_text() == ('' if '<&-' in closed else 'given')
