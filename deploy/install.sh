#!/bin/sh
# Installs or updates Tureen on a bare Debian or Ubuntu host, as root: sh install.sh [executable]
# The executable is the one of `npm run build`; tureen.service is expected beside this script or in systemd/.
set -eu

say() { printf 'tureen: %s\n' "$*" >&2; }

fail() {
  say "$*"
  exit 1
}

here=$(cd "$(dirname "$0")" && pwd)
executable=${1:-$here/tureen}
unit=$here/systemd/tureen.service
[ -f "$unit" ] || unit=$here/tureen.service
firewall=$here/nftables/tureen-media.nft
[ -f "$firewall" ] || firewall=$here/tureen-media.nft

[ "$(id -u)" = 0 ] || fail 'installing needs root: run it as root.'
[ -f "$executable" ] || fail "there is no executable at $executable. Build it with \`npm run build\` and name it: sh install.sh dist/tureen"
[ -f "$unit" ] || fail "tureen.service was not found beside this script. Copy deploy/systemd/tureen.service here."
"$executable" version >/dev/null || fail "$executable does not run on this host ($(uname -sm)). Build it on a host of the same kind."

if ! getent passwd tureen >/dev/null; then
  useradd --system --user-group --home-dir /nonexistent --shell /usr/sbin/nologin tureen
  say 'created the user tureen'
fi

# A running executable cannot be overwritten, but it can be replaced by a rename.
install -m 0755 "$executable" /usr/local/bin/tureen.new
mv /usr/local/bin/tureen.new /usr/local/bin/tureen
install -D -m 0644 "$unit" /etc/systemd/system/tureen.service
install -d -m 0750 -o root -g tureen /etc/tureen
install -d -m 0700 -o tureen -g tureen /var/lib/tureen

if [ ! -e /etc/tureen/tureen.env ]; then
  secret=$(od -An -N32 -tx1 /dev/urandom | tr -d ' \n')
  umask 027
  cat >/etc/tureen/tureen.env <<END
# Settings of Tureen, one NAME=value per line; docs/configuration.md lists them. \`systemctl reload tureen\` reads it again.
TUREEN_API_KEY=app
TUREEN_API_SECRET=$secret
# How long calls may continue after a stop. TimeoutStopSec of the unit must be larger (systemctl edit tureen).
TUREEN_DRAIN_SECONDS=300
# Bans, audit log and users. The unit lets the server write to this folder only.
TUREEN_DATA_DIR=/var/lib/tureen
# The public address of this host, if it differs from the address of the network interface:
#TUREEN_ANNOUNCED_ADDRESS=203.0.113.7
END
  chgrp tureen /etc/tureen/tureen.env
  say 'wrote /etc/tureen/tureen.env with a new API key and secret'
fi

# Kept when it is there: the ports may have been changed.
if [ -f "$firewall" ] && [ ! -e /etc/tureen/tureen-media.nft ]; then
  install -m 0644 "$firewall" /etc/tureen/tureen-media.nft
  say 'wrote /etc/tureen/tureen-media.nft: a limit of TCP connections to the media ports for each address'
  command -v nft >/dev/null || say 'it needs nftables (apt-get install nftables); until then nothing limits them'
fi

if [ ! -d /run/systemd/system ]; then
  say 'installed. systemd does not run here, so nothing was started.'
  exit 0
fi

systemctl daemon-reload
systemctl enable --quiet tureen
# A restart drains first, so it may take until the last call ends. Do not wait for it.
systemctl restart --no-block tureen
say 'installed and starting. See its state: systemctl status tureen; check host and settings, as root: tureen doctor'
