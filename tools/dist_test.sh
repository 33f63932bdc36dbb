#!/usr/bin/env bash
# Test on several processes: tools/dist_test.sh CONFIG CHECKPOINT GPUS [arguments of test.py]
# Several nodes, as in MMAction2: NNODES, NODE_RANK, MASTER_ADDR, PORT; on one, a free port is found.
set -euo pipefail
if [ $# -lt 3 ]; then
    echo "usage: $0 CONFIG CHECKPOINT GPUS [--dump FILE] ..." >&2
    exit 2
fi
source "$(dirname -- "${BASH_SOURCE[0]}")/dist.sh"

processes "$3" test.py "$1" "$2" --launcher pytorch "${@:4}"
