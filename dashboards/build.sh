#!/bin/sh
# Builds or tests the page, called by Maven: build.sh build|test
#
# Does nothing when nothing changed since the last time: the stamps are a hash over every input. Java developers pay for
# npm once, not on each build.
set -eu
cd "$(dirname "$0")"
out=target/classes/goshawk/web
npm_line='Debian 13 and newer: sudo apt-get install -y nodejs npm; elsewhere https://nodejs.org'

command -v node >/dev/null || { echo "dashboards: node is missing (20.19 or newer builds the operator's page); $npm_line" >&2; exit 1; }
command -v npm >/dev/null || { echo "dashboards: npm is missing (it fetches what builds the operator's page); $npm_line" >&2; exit 1; }
node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 22 || (a === 22 && b >= 12) || (a === 20 && b >= 19) ? 0 : 1)' || {
  echo "dashboards: node $(node --version) cannot build the operator's page, it takes 20.19, 22.12 or newer; $npm_line" >&2
  exit 1
}

hash_of() { sha256sum "$@" | sha256sum | cut -d' ' -f1; }
stamped() { [ -f "$2" ] && [ "$(cat "$2")" = "$1" ]; }

lock=$(hash_of package-lock.json .npmrc)
if ! stamped "$lock" node_modules/.goshawk-stamp; then
  # NODE_ENV=production would leave out the very tools that build.
  NODE_ENV=development npm ci --prefer-offline --no-progress --loglevel=error || {
    echo "dashboards: npm ci failed: it needs the npm registry (npm config get registry) the first time" >&2
    exit 1
  }
  echo "$lock" > node_modules/.goshawk-stamp
fi

inputs=$(hash_of build.sh package.json package-lock.json tsconfig.json vite.config.ts index.html $(find src public -type f | LC_ALL=C sort))
case "$1" in
  build)
    if stamped "$inputs" target/web.stamp && [ -f "$out/index.html" ]; then exit 0; fi
    mkdir -p target
    rm -f target/web.stamp
    npm run --silent check
    GOSHAWK_WEB_OUT="$out" npm run --silent build -- --logLevel warn
    echo "$inputs" > target/web.stamp
    ;;
  test)
    if stamped "$inputs" target/web-tested.stamp; then echo "dashboards: page unchanged since its tests last passed"; exit 0; fi
    rm -f target/web-tested.stamp
    npm run --silent test
    echo "$inputs" > target/web-tested.stamp
    ;;
  *) echo "build.sh build|test" >&2; exit 2 ;;
esac
