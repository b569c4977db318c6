#!/bin/sh
# Second stage of the image: a user without rights, the folder of the database, and the unpacked media worker.
set -eu

# A number that is no other user's on most hosts, so that the owner of a mounted folder is clear.
useradd --uid 10001 --user-group --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin tureen
install -d -o tureen -g tureen -m 0700 /data /opt/tureen

# As that user, since the executable takes nothing that could be somebody else's. It only verifies it at the start.
setpriv --reuid=tureen --regid=tureen --clear-groups env TUREEN_UNPACK_DIR=/opt/tureen tureen unpack
