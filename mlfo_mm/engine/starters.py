"""Joining the processes of a launcher: torch's, Slurm's or MPI's."""

from __future__ import annotations

import os
import re

import torch
import torch.distributed as dist
from mmengine.config import Config

from mlfo_mm.errors import UserError

# what starts the processes of a launcher, and what they find in their environment: numbers, and a name
STARTERS = dict(
    pytorch=('tools/dist_train.sh', 'RANK WORLD_SIZE MASTER_PORT', 'MASTER_ADDR'),
    slurm=('tools/slurm_train.sh', 'SLURM_PROCID SLURM_NTASKS', 'SLURM_NODELIST'),
    mpi=(
        'mpirun -x MASTER_ADDR',
        'OMPI_COMM_WORLD_LOCAL_RANK OMPI_COMM_WORLD_RANK OMPI_COMM_WORLD_SIZE',
        'MASTER_ADDR',
    ),
)


def start_processes(config: Config, launcher: str) -> int:
    """Join the process group; on CPU with gloo, which mmengine's own start does not do.

    Returns:
        Number of processes.
    """
    config.launcher = launcher
    if launcher == 'none':
        config.pop('sync_bn', None)
        return 1
    if not torch.cuda.is_available() and launcher != 'pytorch':
        raise UserError(
            f'--launcher {launcher} needs GPUs, none here; CPU processes: --launcher pytorch'
        )
    _check_started(launcher)
    if launcher == 'slurm':  # a port of the job's own: mmengine would take one for all
        names = ('SLURM_JOB_ID', 'SLURM_STEP_ID')
        job, step = (int(re.sub(r'\D', '', os.environ.get(name, '')) or 0) for name in names)
        os.environ.setdefault('MASTER_PORT', str(20_000 + (10 * job + step) % 10_000))
    if not torch.cuda.is_available():
        config.env_cfg.dist_cfg = dict(backend='gloo')
        config.model_wrapper_cfg.device_ids = None  # mmengine would name a GPU
        config.pop('sync_bn', None)  # SyncBatchNorm needs a GPU
        if not dist.is_initialized():
            dist.init_process_group('gloo')
        return dist.get_world_size()
    return int(os.environ.get('WORLD_SIZE', os.environ.get('SLURM_NTASKS', '1')))


def _check_started(launcher: str) -> None:
    """Refuse a process that the launcher did not start, or whose environment names half of it."""
    starter, numbers, name = STARTERS[launcher]
    for variable in (*numbers.split(), name):
        value = os.environ.get(variable)
        if not value or (variable != name and not re.fullmatch(r'[0-9]{1,9}', value)):
            said = 'is not set' if value is None else f'is {value!r:.80}'
            raise UserError(f'--launcher {launcher}: not started by {starter}, {variable} {said}')
