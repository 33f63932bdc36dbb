#!/usr/bin/env bash
# Pretrain on several processes: tools/dist_train.sh CONFIG GPUS [arguments of train.py]
# Several nodes, as in MMAction2: NNODES, NODE_RANK, MASTER_ADDR, PORT; on one, a free port is found.
set -euo pipefail
if [ $# -lt 2 ]; then
    echo "usage: $0 CONFIG GPUS [--work-dir DIR] [--resume] [--amp] ..." >&2
    exit 2
fi
source "$(dirname -- "${BASH_SOURCE[0]}")/dist.sh"

"$PYTHON" "$HERE/train.py" "$1" --preflight "$2" "${@:3}"
processes "$2" train.py "$1" --launcher pytorch "${@:3}"
