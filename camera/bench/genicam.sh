#!/usr/bin/env bash
# GenICam capture beside a plain C client of the same library, on the fake GigE Vision camera, turn by turn in one run:
#   camera/bench/genicam.sh [SECONDS] [ROUNDS]
# Prints a table of pictures a second and the share of one core. Build Goshawk first: ./goshawk build
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
seconds=${1:-20} rounds=${2:-2} warm=8
width=1024 height=1024 rate=200 packet=8960
address=127.0.0.1

"$root/camera/tools.sh" genicam aravis-c

work=$(mktemp -d)
trap 'kill "$fake" 2>/dev/null || true; rm -rf "$work"' EXIT
# shellcheck disable=SC2046 # a list of flags
gcc -O2 -o "$work/client" "$root/camera/bench/genicam-client.c" $(pkg-config --cflags --libs aravis-0.8)
arv-fake-gv-camera-0.8 -i $address -s BENCH >/dev/null 2>&1 &
fake=$!
sleep 1

# Seconds of processor time that the fake camera has taken.
camera_seconds() { awk -v hz="$(getconf CLK_TCK)" '{ print ($14 + $15) / hz }' "/proc/$fake/stat"; }

# line NAME OUTPUT CAMERA_SECONDS: the last line of either client, as a row
line() {
  awk -v name="$1" -v camera="$3" '/^total/ {
      for (i = 1; i <= NF; i++) { if ($i == "pictures/s") rate = $(i - 1); if ($i == "cpu") cpu = $(i + 1); if ($i == "incomplete") torn = $(i + 1) }
      printf "| %-8s | %10.1f | %14.1f | %10d | %20.1f |\n", name, rate, cpu, torn, camera }' "$2"
}

echo "$width×$height Mono8, packets of $packet bytes, $seconds s each after $warm s, $(nproc) cores, Aravis $(pkg-config --modversion aravis-0.8)"
echo "| client   | pictures/s | % of one core | incomplete | camera's % of a core |"
echo "| -------- | ---------- | -------------- | ---------- | -------------------- |"
for _ in $(seq "$rounds"); do
  for client in C Goshawk; do
    before=$(camera_seconds) started=$(date +%s.%N)
    if [ $client = C ]; then
      "$work/client" $address $width $height $rate $packet $warm "$seconds" >"$work/$client"
    else
      "$root/goshawk" camera watch $address --warm-up $warm --seconds "$seconds" --set PixelFormat=Mono8 --set Width=$width \
        --set Height=$height --set GevSCPSPacketSize=$packet --set AcquisitionFrameRate=$rate >"$work/$client" 2>"$work/log" || { cat "$work/log" >&2; exit 1; }
    fi
    line $client "$work/$client" "$(awk -v a="$before" -v b="$(camera_seconds)" -v s="$started" -v e="$(date +%s.%N)" 'BEGIN { print 100 * (b - a) / (e - s) }')"
    sleep 4 # the camera forgets who controlled it
  done
done
