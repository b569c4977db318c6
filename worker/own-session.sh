#!/bin/sh
# Starts the media worker in a session of its own. A terminal's Ctrl-C and a service manager's stop reach every process
# of the server's group or session; the worker would end at once, and with it the calls that a drain lets go on. The
# server ends its workers itself, and a worker whose server is gone ends by itself.
# It gets no more of the environment than it needs: it reads what strangers send, and must not hold the server's secrets.
worker=$MEDIASOUP_WORKER_BIN
set -- "$worker" "$@"
if command -v setsid >/dev/null 2>&1; then
  set -- setsid "$@"
fi
for name in LD_LIBRARY_PATH TZ PATH MEDIASOUP_VERSION; do
  eval "value=\${$name-}"
  if [ -n "$value" ]; then
    set -- "$name=$value" "$@"
  fi
done
exec env -i "$@"
