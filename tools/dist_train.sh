#!/usr/bin/env bash
# Pretrain on several processes: tools/dist_train.sh RUN GPUS [arguments of train.py]
#
#   tools/dist_train.sh mlfo/r3d18@k400 8 --work-dir work_dirs/mlfo --resume
#
# RUN is METHOD/BACKBONE@PROFILE+VARIANT or a config file; what train.py takes: tools/train.py --help.
# Without GPUs the processes run on CPU cores. What is lacking is said before one is started.
# Several nodes, as in MMAction2: NNODES, NODE_RANK, MASTER_ADDR, PORT; on one, a free port is found.
# PYTHON chooses the interpreter; default: that of .venv, else the first on the path.
set -euo pipefail
source "$(dirname -- "${BASH_SOURCE[0]}")/dist.sh"
usage 2 'RUN GPUS [--work-dir DIR] [--resume] [--amp] ...' "$@"

"$PYTHON" "$HERE/train.py" "$1" --preflight "$2" "${@:3}"
processes "$2" train.py "$1" --launcher pytorch "${@:3}"
