#!/usr/bin/env bash
# Test a finetuned classifier on several processes: tools/dist_test.sh CONFIG CHECKPOINT GPUS [arguments of test.py]
#
#   tools/dist_test.sh work_dirs/evaluate/NAME/classifier.py work_dirs/evaluate/NAME/epoch_150.pth 8
#
# tools/evaluate.py --task finetune leaves both files; what test.py takes: tools/test.py --help.
# Several nodes, as in MMAction2: NNODES, NODE_RANK, MASTER_ADDR, PORT; on one, a free port is found.
# PYTHON chooses the interpreter; default: that of .venv, else the first on the path.
set -euo pipefail
source "$(dirname -- "${BASH_SOURCE[0]}")/dist.sh"
usage 3 'CONFIG CHECKPOINT GPUS [--dump FILE] ...' "$@"

processes "$3" test.py "$1" "$2" --launcher pytorch "${@:4}"
