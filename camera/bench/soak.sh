#!/usr/bin/env bash
# Months of a camera in minutes: camera/bench/soak.sh [pictures] [reconnects] [kind], of each kind of camera (RTSP_KILLED,
# RTSP_STALLED, FOLDER, GENICAM_KILLED, GENICAM_STALLED). Fails when memory grew by 20 MiB, open files by one, or the 99th percentile of recovery is over 5 s.
set -euo pipefail
root=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../.." && pwd)
"$root/camera/tools.sh" rtsp genicam
"$root/goshawk" build
# A heap that is there from the start, and no memory pool for each thread that comes and goes: what grows then is a leak.
export MALLOC_ARENA_MAX=2
"$root/goshawk" java -Xms96m -Xmx96m -XX:+AlwaysPreTouch -XX:+UseSerialGC --enable-native-access=ALL-UNNAMED \
  -cp "$root/camera/target/test-classes:$root/camera/target/classes:$(cat "$root/appliance/target/dependencies.txt")" \
  -Dgoshawk.root="$root" goshawk.camera.CameraSoak "${1:-10000}" "${2:-50}" "${@:3:1}" | grep --line-buffered '^|'
