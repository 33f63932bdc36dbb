#!/usr/bin/env bash
# What dist_train.sh, dist_test.sh and slurm_train.sh share: help, interpreter, place, and the launcher of
# processes. No command of its own.
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

usage() {  # LEAST ARGUMENTS [those given]: help where it is asked for, an error where there are too few
    local least=$1 line="usage: $0 $2" word
    shift 2
    for word in "$@"; do
        if [ "$word" = -h ] || [ "$word" = --help ]; then
            printf '%s\n\n' "$line"
            sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0"
            exit 0
        fi
    done
    if [ $# -lt "$least" ]; then
        printf '%s\n' "$line; --help says more" >&2
        exit 2
    fi
}

processes() {  # GPUS TOOL [arguments of the tool]
    local name value
    for name in NNODES NODE_RANK PORT; do
        value=${!name:-0}
        if ! [[ $value =~ ^[0-9]{1,5}$ && 10#$value -le 65535 ]]; then
            printf 'error: %s=%s: must be a whole number of at most 65535\n' "$name" "$value" >&2
            exit 2
        fi
    done
    exec "$PYTHON" -m mlfo_mm.torchrun "${WHERE[@]}" --nproc_per_node="$1" "$HERE/$2" "${@:3}"
}

if [ "${BASH_SOURCE[0]}" = "$0" ]; then
    usage 1 'is read by tools/dist_train.sh, tools/dist_test.sh and tools/slurm_train.sh' "$@"
    exit 2
fi
