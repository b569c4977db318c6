#!/bin/sh
# Second stage of the image: an unprivileged user, the data folder, and the unpacked media worker.
set -eu

# An id that most hosts do not use, so that the owner of a mounted folder is clear.
useradd --uid 10001 --user-group --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin tureen
install -d -o tureen -g tureen -m 0700 /data /opt/tureen

# As that user, since the executable uses only files that its own user owns. At the start it only verifies the worker.
setpriv --reuid=tureen --regid=tureen --clear-groups env TUREEN_UNPACK_DIR=/opt/tureen tureen unpack
