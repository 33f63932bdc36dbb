#!/usr/bin/env bash
# Pretrain on a Slurm cluster: tools/slurm_train.sh PARTITION JOB_NAME RUN [arguments of train.py]
#
#   GPUS=16 SRUN_ARGS='--time=24:00:00 --qos=low' tools/slurm_train.sh gpu mlfo mlfo/r3d18@k400
#
# RUN is METHOD/BACKBONE@PROFILE+VARIANT or a config file; what train.py takes: tools/train.py --help.
# As in MMAction2: GPUS (8), GPUS_PER_NODE (8), CPUS_PER_TASK (8), SRUN_ARGS; PYTHON chooses the
# interpreter. GRACE (120) seconds before the end of its time Slurm sends SIGTERM, as where it preempts:
# the run saves, ends with 143, and waits in the queue again.
set -euo pipefail
source "$(dirname -- "${BASH_SOURCE[0]}")/dist.sh"
usage 3 'PARTITION JOB_NAME RUN [--work-dir DIR] [--resume] ...' "$@"
PARTITION=$1
JOB_NAME=$2
shift 2
GPUS=${GPUS:-8}
GPUS_PER_NODE=${GPUS_PER_NODE:-8}
CPUS_PER_TASK=${CPUS_PER_TASK:-8}

RESUME=()
if [ "${SLURM_RESTART_COUNT:-0}" != 0 ]; then  # in a batch job that was requeued
    RESUME=(--resume)
fi
STOPPED=0
trap 'STOPPED=1' TERM  # the batch script may get the signal too: srun ends first
while true; do
    STATUS=0
    # shellcheck disable=SC2086
    srun -p "$PARTITION" --job-name="$JOB_NAME" --gres="gpu:$GPUS_PER_NODE" --ntasks="$GPUS" \
        --ntasks-per-node="$GPUS_PER_NODE" --cpus-per-task="$CPUS_PER_TASK" --kill-on-bad-exit=1 \
        --signal="TERM@${GRACE:-120}" ${SRUN_ARGS:-} \
        "$PYTHON" -u "$HERE/train.py" "$@" --launcher slurm "${RESUME[@]}" || STATUS=$?
    if [ "$STATUS" != 143 ]; then
        exit "$STATUS"
    fi
    if [ -n "${SLURM_JOB_ID:-}" ]; then
        exec scontrol requeue "$SLURM_JOB_ID"
    elif [ "$STOPPED" = 1 ]; then
        exit "$STATUS"  # it was this script that was to end
    fi
    RESUME=(--resume)
done
