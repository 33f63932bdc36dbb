"""The shell tools: where they find themselves and which port they take, seen by a stand-in for Python."""

from __future__ import annotations

import os
import subprocess

import pytest

from tests.conftest import REPO

TRAIN = ('tools/dist_train.sh', 'mlfo/r3d18@smoke', 2, '--amp')
TEST = ('tools/dist_test.sh', 'classifier.py', 'a b.pth', 2)


@pytest.fixture
def words(tmp_path):
    """``words(*command, **environment)``: the command lines that a shell tool runs."""
    stand_in = tmp_path / 'stand in'
    stand_in.write_text('#!/bin/sh\nfor word in "$@"; do echo "$word"; done\necho\n')
    stand_in.chmod(0o755)

    def run(*command: object, **environment: str) -> list[list[str]]:
        kept = {k: v for k, v in os.environ.items() if k not in ('NNODES', 'PORT', 'CDPATH')}
        done = subprocess.run(
            [str(word) for word in command],
            cwd=REPO,
            env=kept | dict(PYTHON=str(stand_in)) | environment,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert (done.returncode, done.stderr) == (0, '')
        return [each.split('\n') for each in done.stdout.strip('\n').split('\n\n')]

    return run


@pytest.mark.parametrize('command', [TRAIN, TEST])
@pytest.mark.parametrize('port', [None, '29511'])
def test_a_free_port_is_taken_where_none_is_named(words, command, port):
    line = words(*command, **(dict(PORT=port) if port else {}))[-1]
    assert line[:2] == ['-m', 'mlfo_mm.torchrun'] and '--nproc_per_node=2' in line
    assert ('--standalone' in line) == (port is None)
    assert (f'--master_port={port}' in line) == (port is not None)
    several = words(*command, NNODES='2', NODE_RANK='1', MASTER_ADDR='there')[-1]
    assert '--standalone' not in several
    assert {'--nnodes=2', '--node_rank=1', '--master_addr=there', '--master_port=29500'} <= set(
        several
    )


@pytest.mark.parametrize('command', [TRAIN, TEST])
def test_cdpath_leads_nowhere_else(words, command, tmp_path):
    (tmp_path / 'tools').mkdir()
    lines = words(*command, CDPATH=str(tmp_path))
    tool = REPO / 'tools' / command[0].removeprefix('tools/dist_').replace('.sh', '.py')
    assert str(tool) in lines[-1] and len(lines) == (2 if command == TRAIN else 1)
    assert lines[-1][-1] == ('--amp' if command == TRAIN else 'pytorch')
    assert command != TEST or 'a b.pth' in lines[-1]


@pytest.mark.parametrize(
    ('name', 'value'), [('PORT', 'abc'), ('PORT', '99999'), ('NNODES', '-1'), ('NODE_RANK', '1 2')]
)
def test_odd_numbers_of_the_environment_are_named(name, value):
    done = subprocess.run(
        ['bash', '-c', 'source tools/dist.sh; processes 1 x.py'],
        cwd=REPO,
        env=os.environ | {'PYTHON': 'true', name: value},
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout) == (2, '')
    assert done.stderr == f'error: {name}={value}: must be a whole number of at most 65535\n'


SRUN = """#!/bin/sh
echo "srun $@"
[ -e {mark} ] && exit 0
touch {mark}
exit 143
"""


@pytest.mark.parametrize('batch', [False, True])
def test_a_preempted_job_waits_again_and_goes_on(tmp_path, batch):
    programs = tmp_path / 'programs'
    programs.mkdir()
    for name, text in (
        ('srun', SRUN.format(mark=tmp_path / 'mark')),
        ('scontrol', '#!/bin/sh\necho "scontrol $@"\n'),
    ):
        (programs / name).write_text(text)
        (programs / name).chmod(0o755)
    kept = {k: v for k, v in os.environ.items() if not k.startswith('SLURM_')}
    done = subprocess.run(
        ['tools/slurm_train.sh', 'gpu', 'name', 'mlfo/r3d18@k400', '--amp'],
        cwd=REPO,
        env=kept
        | dict(PATH=f'{programs}{os.pathsep}{kept["PATH"]}', CDPATH=str(tmp_path), GRACE='90')
        | (dict(SLURM_JOB_ID='17') if batch else {}),
        capture_output=True,
        text=True,
        timeout=60,
    )
    first, second = done.stdout.splitlines()
    assert (done.returncode, done.stderr) == (0, '')
    assert '--signal=TERM@90' in first and first.endswith('--amp --launcher slurm')
    if batch:
        assert second == 'scontrol requeue 17'
    else:
        assert second == f'{first} --resume'


@pytest.mark.parametrize(
    ('tool', 'usage'),
    [
        ('tools/dist_train.sh', 'RUN GPUS'),
        ('tools/dist_test.sh', 'CONFIG CHECKPOINT GPUS'),
        ('tools/slurm_train.sh', 'PARTITION JOB_NAME RUN'),
        ('tools/dev/bench/all.sh', '[FOLDER]'),
    ],
)
def test_help_is_given_and_nothing_is_run(tool, usage, tmp_path):
    where = dict(cwd=tmp_path, env=dict(PATH='/usr/bin:/bin'), capture_output=True, text=True)
    said = subprocess.run([REPO / tool, '--help'], **where, timeout=60)
    assert (said.returncode, said.stderr) == (0, '')
    assert usage in said.stdout and f'\n  tools/{tool.partition("/")[2]}' in said.stdout.replace(
        "  GPUS=16 SRUN_ARGS='--time=24:00:00 --qos=low' ", '  '
    )
    words = ['--frist'] if usage == '[FOLDER]' else ['one']
    wrong = subprocess.run([REPO / tool, *words], **where, timeout=60)
    assert (wrong.returncode, wrong.stdout) == (2, '') and 'usage: ' in wrong.stderr
