#!/bin/sh
# Starts the media worker in a session of its own. A terminal's Ctrl-C and a service manager's stop reach every process
# of the server's group or session; the worker would end at once, and with it the calls that a drain lets go on. The
# server ends its workers itself, and a worker whose server is gone ends by itself.
if command -v setsid >/dev/null 2>&1; then
  exec setsid "$MEDIASOUP_WORKER_BIN" "$@"
fi
exec "$MEDIASOUP_WORKER_BIN" "$@"
