#!/usr/bin/env bash
# On a machine with a GPU, from the folder that holds pack.zip and jre.tar.xz (or a java on the PATH):
#   run_gpu.sh smoke DIR        everything once, small: a few minutes for each optimizer, then the checks (about nine minutes)
#   run_gpu.sh start DIR MIN    starts rendering and training for MIN minutes in the background, then measuring; returns at once
#   run_gpu.sh wait DIR SEC     prints the log for up to SEC seconds; ends early when all is done
#   run_gpu.sh results DIR OUT  copies checkpoint, reports and logs to OUT
# DIR is where everything is unpacked and written. Extra arguments for train.py: TRAIN_ARGS.
set -euo pipefail
verb=${1:?usage: run_gpu.sh smoke|start|wait|results DIR …}
dir=${2:?usage: run_gpu.sh $verb DIR}
here=$(cd "$(dirname "$0")" && pwd)
mix=good=6,missing_bolt=2,wrong_bolt=2,cross_threaded=2,scratch=5,crack=5,dent=4,bad_label=2,obscured=3
test_mix=good=10,missing_bolt=3,wrong_bolt=1,cross_threaded=1,scratch=1,crack=1,dent=1,bad_label=1,obscured=1
seed=${SEED:-410000}      # of the training renders; each chunk has its own
cores=$(nproc)

unpack() {
    mkdir -p "$dir"
    [ -d "$dir/pack/nano" ] || python3 -m zipfile -e "$here/pack.zip" "$dir/pack"
    [ -d "$dir/jre" ] || [ ! -f "$here/jre.tar.xz" ] || tar -C "$dir" -xJf "$here/jre.tar.xz"
    java=java; [ ! -x "$dir/jre/bin/java" ] || java=$dir/jre/bin/java
    code=$dir/pack/nano
    pool=$dir/pool
    mkdir -p "$pool"
    export PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
}

render() { # NAME SEED MIX WORKERS CHUNKS AHEAD: in the background
    setsid nohup python3 "$code/render_pool.py" --java "$java" --jar "$dir/pack/camera.jar" --out "$pool" --name "$1" --seed "$2" --mix "$3" \
        --workers "$4" --chunks "$5" --ahead "$6" --chunk 248 >"$dir/render-$1.log" 2>&1 </dev/null &
}

train() { # OUT MINUTES ARGS…
    local out=$1 minutes=$2; shift 2
    python3 "$code/train.py" --data "$dir/pack" --pool "$pool" --out "$out" --minutes "$minutes" "$@"
}

measure() { # OUT
    python3 "$code/eval.py" --checkpoint "$1/checkpoint" --data "$dir/pack" --pool "$pool" --out "$1/report.json" \
        --note "{\"trainSeed\": $seed, \"calibSeed\": 310000, \"testSeed\": 320000, \"valSeed\": 300000}"
    python3 "$code/reference.py" "$1/checkpoint"
}

copy() { # OUT TARGET PREFIX
    mkdir -p "$2"
    for f in "$1/checkpoint/model.safetensors" "$1/checkpoint/config.json" "$1/report.json" "$1/train.log"; do
        [ ! -f "$f" ] || cp "$f" "$2/$3$(basename "$f")"
    done
}

case $verb in
smoke)
    unpack
    rm -f "$pool"/*stop
    render val 300000 "$mix" 2 6 0
    render pool "$seed" "$mix" $((cores - 3)) 100000 8
    minutes=${3:-2}
    export TORCHINDUCTOR_CACHE_DIR=$dir/inductor
    for kind in muon adamw; do
        timeout 290 bash "$code/run_gpu.sh" train "$dir" "$dir/$kind" "$minutes" --optimizer $kind --hold-out group50600,group90100 --ring 20000 --drawn 700 --invented 1300 --start-with 2500 \
            --val-ring 1488 --watch 60 --workers $((cores - 2)) ${TRAIN_ARGS:-} || echo "train $kind failed"
    done
    touch "$pool/pool.stop"
    render calib 310000 "$test_mix" $((cores / 2)) 8 0
    render test 320000 "$test_mix" $((cores / 2)) 8 0
    for _ in $(seq 60); do
        [ "$(ls "$pool"/test-*.npy 2>/dev/null | wc -l)" -ge 4 ] && [ "$(ls "$pool"/calib-*.npy 2>/dev/null | wc -l)" -ge 4 ] && break
        sleep 1
    done
    measure "$dir/muon" || echo "measuring failed"
    touch "$pool/stop"
    tail -n 1 "$dir"/render-*.log
    nvidia-smi --query-gpu=memory.used,memory.total,utilization.gpu --format=csv || true
    ;;
train) # used by smoke: run_gpu.sh train DIR OUT MINUTES ARGS…
    unpack
    shift 2
    train "$@"
    ;;
start)
    unpack
    minutes=${3:?minutes}
    rm -f "$pool"/*stop
    render val 300000 "$mix" 2 9 0
    render pool "$seed" "$mix" $((cores - 4)) 100000 10
    cat >"$dir/job.sh" <<J
set -uo pipefail
export TORCHINDUCTOR_CACHE_DIR=$dir/inductor
(sleep 100; bash "$code/run_gpu.sh" held "$dir") &
train_args="${TRAIN_ARGS:-}"
python3 "$code/train.py" --data "$dir/pack" --pool "$pool" --out "$dir/run" --minutes $minutes --workers $((cores - 3)) \$train_args
touch "$pool/stop"
sleep 3
bash "$code/run_gpu.sh" measure "$dir" || echo "measuring failed"
touch "$dir/done"
J
    rm -f "$dir/done"
    setsid nohup bash "$dir/job.sh" >"$dir/job.log" 2>&1 </dev/null &
    ;;
held)
    unpack
    render calib 310000 "$test_mix" 1 60 0
    render test 320000 "$test_mix" 1 60 0
    ;;
measure)
    unpack
    measure "$dir/run"
    ;;
wait)
    seconds=${3:-560}
    from=$(cat "$dir/shown" 2>/dev/null || echo 0)
    for _ in $(seq "$seconds"); do
        sleep 1
        [ ! -f "$dir/done" ] || break
    done
    tail -c +$((from + 1)) "$dir/job.log"
    stat -c %s "$dir/job.log" >"$dir/shown"
    tail -qn 1 "$dir"/render-*.log
    [ ! -f "$dir/done" ] || echo "all done"
    ;;
results)
    out=${3:?folder}
    mkdir -p "$out"
    for kind in run muon adamw; do
        [ ! -d "$dir/$kind" ] || copy "$dir/$kind" "$out/$kind" ""
    done
    ;;
*)
    echo "run_gpu.sh: unknown verb $verb" >&2
    exit 2
    ;;
esac
