#!/bin/sh
# Every command of package.json comes through here: sh scripts/bootstrap.sh <task> [arguments]
#
# It finds or installs the one version of Bun that the project runs on, installs the dependencies when they changed,
# and becomes scripts/<task>.ts. It is plain sh because it runs before there is anything else, and it starts few
# processes because it runs before every start. Everything it says goes to standard error.
set -eu

tasks='start, test, check, generate, token, doctor, build, fly-config, bench, load, broadcast'

say() { printf 'tureen: %s\n' "$*" >&2; }

fail() {
  say "$*"
  exit 1
}

# Sets bun to the path of a Bun of the pinned version, or to nothing. Asking for the version also shows that the
# binary runs on this machine at all.
find_bun() {
  for candidate in "$(command -v bun || true)" "$root"/scripts/bun/node_modules/@oven/bun-*/bin/bun; do
    if [ -x "$candidate" ] && [ "$("$candidate" --version 2>/dev/null)" = "$pinned" ]; then
      bun=$candidate
      return
    fi
  done
  bun=
}

# npm's install scripts are not run: they are being phased out, and the package of the platform holds the binary.
install_bun() {
  if command -v npm >/dev/null; then
    say "installing Bun $pinned from npm (once)"
    (cd scripts/bun && npm ci --ignore-scripts --include=optional --no-audit --no-fund --loglevel=error </dev/null >&2) ||
      fail "npm could not install Bun $pinned (see above). Check that npm reaches its registry, then run the command again."
  elif command -v bun >/dev/null; then
    say "installing Bun $pinned with the Bun that is here, $(bun --version) (once)"
    # It takes the versions from package-lock.json, but leaves a lock file of its own behind, which is of no use.
    (cd scripts/bun && bun install --no-save --ignore-scripts </dev/null >&2 && rm -f bun.lock) ||
      fail "Bun could not install Bun $pinned (see above). Check that it reaches its registry, then run the command again."
  else
    fail "neither npm nor Bun was found. Install Node.js 20 or later (it brings npm) or Bun $pinned, then run the command again."
  fi
  find_bun
  [ -n "$bun" ] || fail "Bun $pinned was installed but does not run on this machine ($(uname -sm)). Put a Bun $pinned that does on the PATH, then run the command again."
}

# The stamp is a copy of what the installed dependencies follow from, so comparing needs no hash and one process.
wanted() { cat package.json bun.lock && echo "$pinned $(uname -sm)"; }

is_installed() { [ -f "$stamp" ] && wanted | cmp -s - "$stamp"; }

install_dependencies() {
  say 'installing the dependencies'
  # mediasoup's install script would download or build the media worker; worker/provide.ts decides that instead.
  "$bun" install --frozen-lockfile --ignore-scripts </dev/null >&2 ||
    fail 'the dependencies could not be installed (see above). If it names the lock file, package.json and bun.lock disagree: run bun install and look at what changed. Otherwise check that the npm registry can be reached, then run the command again.'
  wanted >"$stamp.$$"
  mv "$stamp.$$" "$stamp"
}

# Two commands at once must not install into the same folder. The kernel drops the lock when its holder ends, however
# it ends. Where there is no flock (macOS) there is no lock.
lock() {
  mkdir -p node_modules
  exec 9>node_modules/.tureen-lock
  if command -v flock >/dev/null && ! flock -n 9; then
    say 'another command is installing, waiting for it'
    flock 9
  fi
}

case "${1-}" in
start | test | check | generate | token | doctor | build | fly-config | bench | load | broadcast) task=$1 ;;
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
  # Whoever held the lock may have done the work.
  [ -n "$bun" ] || find_bun
  [ -n "$bun" ] || install_bun
  is_installed || install_dependencies
  exec 9>&-
fi

PATH=${bun%/*}:$PATH
export PATH
exec "$bun" "scripts/$task.ts" "$@"
