#!/usr/bin/env bash
# Renders, trains and measures, from what pack.py packed. Beside this script, or in PACKED: pack.zip, and jre.tar.xz where there is no java.
#
# usage: run.sh DIR [arguments of train.py, such as --minutes 20]
#
# DIR receives run/checkpoint, run/report.json and run/train.log. While the model learns, the renderer keeps drawing new parts on all cores but
# four. Called again with --resume after an interruption, it goes on where the last state was saved.
set -euo pipefail
dir=${1:?usage: run.sh DIR [arguments of train.py]}
shift
packed=${PACKED:-$(cd "$(dirname "$0")" && pwd)}
cores=$(nproc)
busy=$((cores > 6 ? cores - 4 : 2))
bracket_mix=good=6,missing_bolt=2,wrong_bolt=2,cross_threaded=2,scratch=5,crack=5,dent=4,bad_label=2,obscured=3
test_mix=good=10,missing_bolt=3,wrong_bolt=1,cross_threaded=1,scratch=1,crack=1,dent=1,bad_label=1,obscured=1
export PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 TORCHINDUCTOR_CACHE_DIR=$dir/inductor

mkdir -p "$dir/pool"
[ -d "$dir/pack/nano" ] || python3 -m zipfile -e "$packed/pack.zip" "$dir/pack"
[ -d "$dir/jre" ] || [ ! -f "$packed/jre.tar.xz" ] || tar -C "$dir" -xJf "$packed/jre.tar.xz"
java=java; [ ! -x "$dir/jre/bin/java" ] || java=$dir/jre/bin/java
code=$dir/pack/nano pool=$dir/pool
rm -f "$pool"/stop
trap 'touch "$pool/stop"' EXIT

render() { # NAME SEED MIX WORKERS CHUNKS AHEAD: every chunk of parts has a seed of its own, counted up from SEED
    python3 "$code/render_pool.py" --java "$java" --jar "$dir/pack/camera.jar" --out "$pool" --name "$1" --seed "$2" --mix "$3" \
        --workers "$4" --chunks "$5" --ahead "$6" --chunk "$chunk" >"$dir/render-$1.log" 2>&1 </dev/null &
}

chunk=${CHUNK:-248}  # parts in a chunk
chunks=${CHUNKS:-42} # chunks for the thresholds, and as many for the figures
render val 300000 "$bracket_mix" 2 9 0
render pool "${SEED:-410000}" "$bracket_mix" "$busy" 100000 10
python3 "$code/train.py" --data "$dir/pack" --pool "$pool" --out "$dir/run" --workers "$busy" "$@"
touch "$pool/stop"
wait
rm "$pool/stop"
render calib 310000 "$test_mix" $(((cores + 1) / 2)) "$chunks" 0
render test 320000 "$test_mix" $(((cores + 1) / 2)) "$chunks" 0
wait
python3 "$code/eval.py" --checkpoint "$dir/run/checkpoint" --data "$dir/pack" --pool "$pool" --out "$dir/run/report.json"
python3 "$code/reference.py" "$dir/run/checkpoint"
