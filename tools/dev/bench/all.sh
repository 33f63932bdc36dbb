#!/bin/sh
# Every measurement at its default sizes, then a table of ratios beside their goals: under 40 minutes
# on 2 quiet cores. Nothing else should run meanwhile.
#
#   tools/dev/bench/all.sh [FOLDER]
#
# FOLDER takes the results, a JSON file each and summary.md (default: results/bench). What fails is said
# and passed over. Each measurement is a script beside this one with a --help of its own.
case "${1:-}" in
-h | --help) exec sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0" ;;
-*)
    echo "error: no option $1; usage: $0 [FOLDER]" >&2
    exit 2
    ;;
esac
cd "$(dirname "$0")/../../.." || exit 2
folder=${1:-results/bench}
mlfo=configs/mlfo/r3d18_k400.py
others=$(python -c "
from mlfo_mm.study.methods import cards
print(*(f'configs/{name}/{card.recipe}' for name, card in cards().items() if name != 'mlfo'))")

bench() { # name of the JSON, script, its arguments
    json=$folder/$1.json script=tools/dev/bench/$2.py
    shift 2
    echo "== $script $*"
    python "$script" --json "$json" "$@" || echo "failed: $script $*" >&2
}

bench imports imports
bench decoders decoders
bench input_pipeline input_pipeline
bench frame_cache frame_cache
bench features features --repeats 2
bench train_step_fp32 train_step $mlfo --repeats 3
bench train_step_bf16 train_step $mlfo --repeats 3 --bf16
bench autocast autocast --repeats 2
bench allocator allocator --batch 4 --repeats 2
bench losses losses --repeats 2
# a quarter of the batch: all other methods
bench train_step_methods train_step $others --batch 2 --repeats 5 --no-memory
# needs the sets of the mini profile under MLFO_DATA_ROOT
bench run_cost run_cost mlfo/r3d18@mini simclr/r3d18@mini moco/r3d18@mini --repeats 12
bench processes processes --repeats 2
bench profile_step profile_step --repeats 2
python tools/dev/bench/summary.py "$folder"
