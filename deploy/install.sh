#!/bin/sh
# Installs or updates Tureen on a bare Debian or Ubuntu host, as root: sh install.sh [executable]
# The executable is the one of `bun run build`; tureen.service is expected beside this script or in systemd/.
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

[ "$(id -u)" = 0 ] || fail 'this installs for the whole host: run it as root.'
[ -f "$executable" ] || fail "there is no executable at $executable. Build it with \`bun run build\` and name it: sh install.sh dist/tureen"
[ -f "$unit" ] || fail "tureen.service was not found beside this script. Copy deploy/systemd/tureen.service here."
"$executable" version >/dev/null || fail "$executable does not run on this host ($(uname -sm)). Build it on a host of the same kind."

if ! getent passwd tureen >/dev/null; then
  useradd --system --user-group --home-dir /nonexistent --shell /usr/sbin/nologin tureen
  say 'made the user tureen'
fi

# A running executable cannot be written to, but another one can take its name.
install -m 0755 "$executable" /usr/local/bin/tureen.new
mv /usr/local/bin/tureen.new /usr/local/bin/tureen
install -D -m 0644 "$unit" /etc/systemd/system/tureen.service
install -d -m 0750 -o root -g tureen /etc/tureen
install -d -m 0700 -o tureen -g tureen /var/lib/tureen

if [ ! -e /etc/tureen/tureen.env ]; then
  secret=$(od -An -N32 -tx1 /dev/urandom | tr -d ' \n')
  umask 027
  cat >/etc/tureen/tureen.env <<END
# Settings of Tureen, a NAME=value a line; docs/configuration.md lists them. \`systemctl reload tureen\` reads it again.
TUREEN_API_KEY=app
TUREEN_API_SECRET=$secret
# How long calls go on when the server is stopped. TimeoutStopSec of the unit has to stay larger (systemctl edit tureen).
TUREEN_DRAIN_SECONDS=300
# Bans, audit log and users. The unit lets the server write to this folder only.
TUREEN_DATA_DIR=/var/lib/tureen
# The public address of this host, where that is not the address of its network interface:
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
# A restart drains first, so it ends when the last call has ended. It need not be waited for.
systemctl restart --no-block tureen
say 'installed and starting. Look at it: systemctl status tureen; examine host and settings, as root: tureen doctor'
