#!/bin/bash
# tools/web.sh product|all|FOLDER: fetches the npm packages that the lock files name and builds the web pages; `all` fetches
# the tests' packages too, FOLDER (as in tests/browser) only its own. What has not changed is left alone, so nothing is
# asked of the network the second time. Two at once in one folder wait for each other.
set -euo pipefail
cd "$(dirname "$0")/.."

fetch() (  # fetch FOLDER: npm ci, unless this lock file is what is installed
  flock 9
  sum=$(cat "$1/package.json" "$1/package-lock.json" | sha256sum)
  if [[ $(cat "$1/node_modules/.of-lock" 2>/dev/null) == "$sum" ]]; then
    echo "$1: every package is there"
    exit
  fi
  echo "$1: fetching packages"
  (cd "$1" && npm ci --no-fund --no-audit --no-update-notifier) || exit 1
  echo "$sum" >"$1/node_modules/.of-lock"
) 9<"$1/package-lock.json"

build() {  # build FOLDER: npm run build, unless dist was made of these very files
  local sum
  sum=$(find "$1" \( -name node_modules -o -name dist \) -prune -o -type f -print0 | sort -z | xargs -0 sha256sum | sha256sum)
  if [[ $(cat "$1/dist/.of-sources" 2>/dev/null) == "$sum" ]]; then
    echo "$1: built already"
    return
  fi
  echo "$1: building"
  (cd "$1" && npm run build)
  echo "$sum" >"$1/dist/.of-sources"
}

case ${1:-} in
  product) others=() ;;
  all) mapfile -t others < <(find tests bench -name node_modules -prune -o -name package-lock.json -printf '%h\n' 2>/dev/null | sort) ;;
  */*) fetch "$1"; exit ;;
  *) echo "usage: tools/web.sh product|all|FOLDER" >&2; exit 2 ;;
esac
if [[ -e web/package-lock.json ]]; then
  fetch web
  build web
fi
# Telegram's library for reader accounts; without it all but these works.
if ! fetch tools/tdlib; then echo "tools/tdlib: left out; reader accounts need it"; fi
for folder in "${others[@]}"; do fetch "$folder"; done
