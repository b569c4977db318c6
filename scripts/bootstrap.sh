#!/bin/sh
# Every command of package.json comes through here: sh scripts/bootstrap.sh <task> [arguments]
#
# It finds or installs the pinned version of Bun, installs the dependencies when they changed, and executes
# scripts/<task>.ts. It is plain sh because nothing else may be installed yet, and it starts few processes because it
# runs before every start. Its messages go to standard error.
set -eu

tasks='start, test, check, generate, token, doctor, backup, restore, hash-password, build, fly-config, bus-config, bench, load, soak, broadcast, canary, mesh, pack'

say() { printf 'tureen: %s\n' "$*" >&2; }

fail() {
  say "$*"
  exit 1
}

# Sets bun to the path of a Bun of the pinned version, or to nothing. Asking for the version also shows whether the
# binary runs on this machine.
find_bun() {
  for candidate in "$(command -v bun || true)" "$root"/scripts/bun/node_modules/@oven/bun-*/bin/bun; do
    if [ -x "$candidate" ] && [ "$("$candidate" --version 2>/dev/null)" = "$pinned" ]; then
      bun=$candidate
      return
    fi
  done
  bun=
}

# Install scripts are not run: npm is phasing them out, and the platform's package contains the binary.
install_bun() {
  if command -v npm >/dev/null; then
    say "installing Bun $pinned from npm (once)"
    (cd scripts/bun && npm ci --ignore-scripts --include=optional --no-audit --no-fund --loglevel=error </dev/null >&2) ||
      fail "npm could not install Bun $pinned (see above). Check that npm reaches its registry, then run the command again."
  elif command -v bun >/dev/null; then
    say "installing Bun $pinned with the installed Bun $(bun --version) (once)"
    # It reads the versions from package-lock.json, but also writes a lock file of its own, which is not used.
    (cd scripts/bun && bun install --no-save --ignore-scripts </dev/null >&2 && rm -f bun.lock) ||
      fail "Bun could not install Bun $pinned (see above). Check that it reaches its registry, then run the command again."
  else
    fail "neither npm nor Bun was found. Install Node.js 20 or later (it brings npm) or Bun $pinned, then run the command again."
  fi
  find_bun
  [ -n "$bun" ] || fail "Bun $pinned was installed but does not run on this machine ($(uname -sm)). Put a working Bun $pinned on the PATH, then run the command again."
}

# The stamp is a copy of everything that the installed dependencies depend on, so comparing takes one process and no hash.
stamp_content() { cat package.json bun.lock && echo "$pinned $(uname -sm)"; }

is_installed() { [ -f "$stamp" ] && stamp_content | cmp -s - "$stamp"; }

install_dependencies() {
  say 'installing the dependencies'
  # mediasoup's install script would download or build the media worker, which worker/provide.ts does instead.
  "$bun" install --frozen-lockfile --ignore-scripts </dev/null >&2 ||
    fail 'the dependencies could not be installed (see above). If it names the lock file, package.json and bun.lock disagree: run bun install and look at what changed. Otherwise check that the npm registry can be reached, then run the command again.'
  stamp_content >"$stamp.$$"
  mv "$stamp.$$" "$stamp"
}

# Two commands must not install into the same folder at once. The kernel releases the lock when its holder ends, even by
# a crash. Without flock (macOS) there is no lock.
lock() {
  mkdir -p node_modules
  exec 9>node_modules/.tureen-lock
  if command -v flock >/dev/null && ! flock -n 9; then
    say 'waiting for another command that is installing'
    flock 9
  fi
}

case "${1-}" in
start | test | check | generate | token | doctor | backup | restore | hash-password | build | fly-config | bus-config | bench | load | soak | broadcast | canary | mesh | pack) task=$1 ;;
'') fail "no task was given, expected one of $tasks: sh scripts/bootstrap.sh start" ;;
*) fail "unknown task '$1', expected one of $tasks" ;;
esac
shift

case $0 in
*/*) cd "${0%/*}/.." ;;
*) cd .. ;;
esac
root=$PWD
stamp=node_modules/.tureen-installed
pinned=$(sed -n 's/.*"@oven\/bun-linux-x64": "\(.*\)".*/\1/p' scripts/bun/package.json)
[ -n "$pinned" ] || fail 'scripts/bun/package.json does not name the version of @oven/bun-linux-x64. Restore that file.'

find_bun
if [ -z "$bun" ] || ! is_installed; then
  lock
  # The previous holder of the lock may have done the work.
  [ -n "$bun" ] || find_bun
  [ -n "$bun" ] || install_bun
  is_installed || install_dependencies
  exec 9>&-
fi

PATH=${bun%/*}:$PATH
export PATH
exec "$bun" "scripts/$task.ts" "$@"
