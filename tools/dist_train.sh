#!/usr/bin/env bash
# Pretrain on several processes: tools/dist_train.sh CONFIG GPUS [arguments of train.py]
# Several nodes, as in MMAction2: NNODES, NODE_RANK, MASTER_ADDR, PORT. PYTHON chooses the interpreter.
set -euo pipefail
if [ $# -lt 2 ]; then
    echo "usage: $0 CONFIG GPUS [--work-dir DIR] [--resume] [--amp] ..." >&2
    exit 2
fi
CONFIG=$1
GPUS=$2
shift 2
NNODES=${NNODES:-1}
NODE_RANK=${NODE_RANK:-0}
PORT=${PORT:-29500}
MASTER_ADDR=${MASTER_ADDR:-127.0.0.1}
HERE=$(cd "$(dirname "$0")" && pwd)
PYTHON=${PYTHON:-$([ -x "$HERE/../.venv/bin/python" ] && echo "$HERE/../.venv/bin/python" || echo python)}
export PYTHONPATH="$HERE/..:${PYTHONPATH:-}"

"$PYTHON" "$HERE/train.py" "$CONFIG" --preflight "$GPUS" "$@"
exec "$PYTHON" -m torch.distributed.run --nnodes="$NNODES" --node_rank="$NODE_RANK" \
    --master_addr="$MASTER_ADDR" --master_port="$PORT" --nproc_per_node="$GPUS" \
    "$HERE/train.py" "$CONFIG" --launcher pytorch "$@"
