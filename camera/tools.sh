#!/usr/bin/env bash
# Installs what tests and benches of cameras take from Debian: camera/tools.sh [rtsp] [ffmpeg] [genicam] [aravis-c]; all when not told. The
# appliance itself needs none of it but libaravis-0.8-0, and that for GenICam cameras alone.
set -euo pipefail

missing=()
[ $# -gt 0 ] || set -- rtsp ffmpeg genicam aravis-c
for what in "$@"; do
  case $what in
    rtsp) packages=(python3-gi gir1.2-gst-rtsp-server-1.0 gstreamer1.0-plugins-{base,good,bad,ugly}) ;;
    ffmpeg) packages=(ffmpeg) ;;
    genicam) packages=(libaravis-0.8-0 aravis-tools iproute2) ;;
    aravis-c) packages=(gcc pkg-config libaravis-dev libusb-1.0-0-dev) ;;
    *) printf 'tools.sh: %s is none of: rtsp ffmpeg genicam aravis-c\n' "$what" >&2; exit 2 ;;
  esac
  for package in "${packages[@]}"; do
    dpkg-query -W -f '${db:Status-Status}\n' "$package" 2>/dev/null | grep -qx installed || missing+=("$package")
  done
done
[ ${#missing[@]} -gt 0 ] || exit 0
if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
  printf 'tools.sh: missing: %s. Install them with: apt-get install -y --no-install-recommends %s\n' "${missing[*]}" "${missing[*]}" >&2
  exit 3
fi
printf 'Installing %s\n' "${missing[*]}" >&2
apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
