#!/usr/bin/env bash
# Renders, trains and measures, from what pack.py packed. Beside this script, or in PACKED: pack.zip, and jre.tar.xz where there is no java.
#
# usage: run.sh DIR [arguments of train.py, such as --minutes 20 --start CHECKPOINT]
#
# DIR receives run/checkpoint, run/report-brackets.json, run/report-others.json and run/train.log. Every GPU gets a training process, at most two. While the model learns, the renderer
# keeps drawing new parts and clips on all cores but three for each GPU; near the end it draws those for thresholds and figures. Called again with
# --resume after an interruption, it goes on where the last state was saved.
set -euo pipefail
dir=${1:?usage: run.sh DIR [arguments of train.py]}
shift
packed=${PACKED:-$(cd "$(dirname "$0")" && pwd)}
cores=$(nproc)
gpus=$( (nvidia-smi -L 2>/dev/null || true) | wc -l)
world=${WORLD:-$((gpus > 2 ? 2 : gpus > 1 ? gpus : 1))}
busy=$(((cores - 3 * world) / world))
busy=$((busy > 2 ? busy : 2))
half=$((cores / 2 > world ? cores / 2 - world : 1))
bracket_mix=good=6,missing_bolt=2,wrong_bolt=2,cross_threaded=2,scratch=6,crack=7,dent=4,bad_label=4,obscured=2
test_mix=good=10,missing_bolt=2,wrong_bolt=1,cross_threaded=1,scratch=2,crack=2,dent=2,bad_label=1,obscured=1
export PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 TORCHINDUCTOR_CACHE_DIR=$dir/inductor

mkdir -p "$dir/pool"
[ -d "$dir/pack/nano" ] || python3 -m zipfile -e "$packed/pack.zip" "$dir/pack"
[ -d "$dir/jre" ] || [ ! -f "$packed/jre.tar.xz" ] || tar -C "$dir" -xJf "$packed/jre.tar.xz"
java=java; [ ! -x "$dir/jre/bin/java" ] || java=$dir/jre/bin/java
code=$dir/pack/nano pool=$dir/pool
rm -f "$pool"/stop "$pool"/last
trap 'touch "$pool/stop"' EXIT

render() { # NAME SEED WORKERS CHUNK CHUNKS AHEAD [options]: every chunk has a seed of its own, counted up from SEED
    OMP_NUM_THREADS=1 nice -n 5 python3 "$code/render_pool.py" --java "$java" --jar "$dir/pack/camera.jar" --out "$pool" --name "$1" --seed "$2" \
        --workers "$3" --chunk "$4" --chunks "$5" --ahead "$6" "${@:7}" >"$dir/render-$1.log" 2>&1 </dev/null &
}

parts=${PARTS:-248} # in a chunk
films=${FILMS:-40}  # in a chunk
tests=${TESTS:-21}  # chunks of parts for the thresholds, and as many for the figures
render val 300000 2 "$parts" 4 0 --mix "$bracket_mix" --writing 0.1
for ((r = 0; r < world; r++)); do
    render "pool$r" $((410000 + 100000 * r)) "$busy" "$parts" 100000 10 --mix "$bracket_mix" --writing 0.3
    render "clip$r" $((610000 + 100000 * r)) $((busy / 2)) "$films" 75 12 --station assembly
done
( # the last parts of the time are for the parts to measure with
    until [ -e "$pool/last" ] || [ -e "$pool/stop" ]; do sleep 1; done
    render calib 310000 "$half" "$parts" "$tests" 0 --mix "$test_mix" --writing 0.1 --all
    render test 320000 "$half" "$parts" "$tests" 0 --mix "$test_mix" --writing 0.1 --all
    render tclip 330000 2 "$films" 6 0 --station assembly --all
    wait
) &
measured=$!
trained=()
for ((r = 1; r < world; r++)); do
    WORLD_SIZE=$world RANK=$r MASTER_ADDR=127.0.0.1 MASTER_PORT=${PORT:-29500} \
        python3 "$code/train.py" --data "$dir/pack" --pool "$pool" --out "$dir/run" --workers "$((busy / 2))" "$@" >"$dir/rank-$r.log" 2>&1 &
    trained+=($!)
done
WORLD_SIZE=$world RANK=0 MASTER_ADDR=127.0.0.1 MASTER_PORT=${PORT:-29500} \
    python3 "$code/train.py" --data "$dir/pack" --pool "$pool" --out "$dir/run" --workers "$((busy / 2))" "$@"
for p in "${trained[@]}"; do wait "$p"; done
touch "$pool/last"
wait $measured
touch "$pool/stop"
measure() { # GPU half: one half of the figures
    CUDA_VISIBLE_DEVICES=$1 python3 "$code/eval.py" --only "$2" --checkpoint "$dir/run/checkpoint" --data "$dir/pack" --pool "$pool" --out "$dir/run/report-$2.json" ${MOST:+--most $MOST --told 2}
}
measure 0 others &
half=$!
[ "$world" -gt 1 ] || wait $half
measure $((world > 1)) brackets
[ "$world" -eq 1 ] || wait $half
python3 "$code/reference.py" "$dir/run/checkpoint"
