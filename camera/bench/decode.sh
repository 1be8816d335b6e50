#!/usr/bin/env bash
# How fast films are decoded, beside Debian's ffmpeg in the same run: camera/bench/decode.sh [rounds]
set -euo pipefail
root=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../.." && pwd)
"$root/camera/tools.sh" ffmpeg
"$root/goshawk" build
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
rounds=$(mktemp)
trap 'rm -rf "$(dirname "$film")" "$rounds"' EXIT
printf '| | frames a second | CPU seconds | allocated a frame |\n| --- | --- | --- | --- |\n'
for _ in $(seq "${1:-3}"); do
  ffmpeg_row 'ffmpeg -f null: decoded' ''
  ffmpeg_row 'ffmpeg -pix_fmt rgb24 -f null: decoded, to RGB' '-pix_fmt rgb24'
  "$root/goshawk" java -cp "$root/camera/target/test-classes:$root/camera/target/classes:$(cat "$root/appliance/target/dependencies.txt")" \
    "@$root/deploy/java.args" goshawk.camera.DecodeBench "$film"
done | tee "$rounds"

# Cores that are shared change from minute to minute; what one took beside the other in the same round does not.
awk -F ' *[|] *' '
  { frames[$2] = frames[$2] " " $3; cpu[$2] = cpu[$2] " " $4 }
  function median(of, over,    a, b, n, i, j, t) {
    n = split(of, a, " "); split(over, b, " ")
    for (i = 1; i <= n; i++) a[i] /= b[i]
    for (i = 1; i <= n; i++) for (j = i + 1; j <= n; j++) if (a[j] < a[i]) { t = a[i]; a[i] = a[j]; a[j] = t }
    return (a[int((n + 1) / 2)] + a[int(n / 2) + 1]) / 2
  }
  function row(name, beside) {
    printf "| %s | %.2f | %.2f |\n", name, median(frames[name], frames[beside]), median(cpu[name], cpu[beside])
  }
  END {
    print "\n| beside ffmpeg in the same round, median | frames a second | CPU seconds |\n| --- | --- | --- |"
    row("Goshawk: decoded, looked at by nobody", "ffmpeg -f null: decoded")
    row("Goshawk: decoded, to RGB, copied into frames of the pool", "ffmpeg -pix_fmt rgb24 -f null: decoded, to RGB")
    row("ffmpeg -pix_fmt rgb24 -f null: decoded, to RGB", "ffmpeg -f null: decoded")
    row("Goshawk: decoded, to RGB, copied into frames of the pool", "ffmpeg -f null: decoded")
  }' "$rounds"
