#!/usr/bin/env bash
# What dist_train.sh and dist_test.sh share: interpreter, place, and the launcher of processes.
# Several nodes, as in MMAction2: NNODES, NODE_RANK, MASTER_ADDR, PORT. PYTHON chooses the interpreter.
HERE=$(unset CDPATH && cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
PYTHON=${PYTHON:-$([ -x "$HERE/../.venv/bin/python" ] && echo "$HERE/../.venv/bin/python" || echo python)}
export PYTHONPATH="$HERE/..${PYTHONPATH:+:$PYTHONPATH}"
if [ "${NNODES:-1}" = 1 ] && [ -z "${PORT:-}" ]; then
    WHERE=(--standalone --local-addr=127.0.0.1)  # a free port
else
    WHERE=(--nnodes="${NNODES:-1}" --node_rank="${NODE_RANK:-0}"
        --master_addr="${MASTER_ADDR:-127.0.0.1}" --master_port="${PORT:-29500}")
fi

processes() {  # GPUS TOOL [arguments of the tool]
    exec "$PYTHON" -m mlfo_mm.torchrun "${WHERE[@]}" --nproc_per_node="$1" "$HERE/$2" "${@:3}"
}
