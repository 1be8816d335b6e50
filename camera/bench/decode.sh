#!/usr/bin/env bash
# How fast films are decoded, beside Debian's ffmpeg in the same run: camera/bench/decode.sh [rounds]
set -euo pipefail
root=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../.." && pwd)
"$root/camera/tools.sh" ffmpeg
"$root/goshawk" build
java=${JAVA_HOME:-$(dirname "$(dirname "$(readlink -f "$(command -v java)")")")}/bin/java
film=$(mktemp -d)/film.mp4
trap 'rm -rf "$(dirname "$film")"' EXIT
ffmpeg -v error -f lavfi -i testsrc2=size=1280x720:rate=50 -t 60 -c:v libx264 -pix_fmt yuv420p "$film"

# ffmpeg's own words: frames and times. What is asked of it beside the decoding stands in $2.
ffmpeg_row() {
  local said
  # shellcheck disable=SC2086 # $2 is a list of options
  said=$(ffmpeg -nostdin -benchmark -i "$film" $2 -f null - 2>&1)
  awk -v name="$1" -v frames="$(grep -o 'frame= *[0-9]*' <<<"$said" | tail -1 | grep -o '[0-9]*')" '
    /^bench: utime/ { gsub(/[a-z]*=|s /, " "); split($0, t, " "); cpu = t[2] + t[3]; real = t[4] }
    END { printf "| %s | %.0f | %.1f | |\n", name, frames / real, cpu }' <<<"$said"
}

printf '%d cores, %s; 3,000 pictures of 1280×720, H.264, %d kbit/s\n\n' "$(nproc)" \
  "$(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -1)" "$(($(stat -c %s "$film") * 8 / 60 / 1000))"
printf '| | frames a second | CPU seconds | allocated a frame |\n| --- | --- | --- | --- |\n'
for _ in $(seq "${1:-3}"); do
  ffmpeg_row 'ffmpeg -f null: decoded' ''
  ffmpeg_row 'ffmpeg -pix_fmt rgb24 -f null: decoded, to RGB' '-pix_fmt rgb24'
  "$java" -cp "$root/camera/target/test-classes:$root/camera/target/classes:$(cat "$root/appliance/target/dependencies.txt")" \
    "@$root/deploy/java.args" goshawk.camera.DecodeBench "$film"
done
