import type { types } from 'mediasoup';

/**
 * A WebRtcServer forgets a transport only when the transport itself is closed: one that ends with its router stays in
 * its map for good, with all that hangs on it (3.27.1, node/lib/Transport.js: `routerClosed` emits no `@close`, and
 * node/lib/WebRtcServer.js listens for nothing else).
 * Upstream: no issue found.
 * Without this each room that is moved leaks its peers.
 *
 * A transport that is on its way while its router closes is closed by the code that asked for it.
 */
export function closeRouter(router: types.Router): void {
  const { transportsForTesting } = router as types.Router & {
    transportsForTesting?: ReadonlyMap<string, types.Transport>;
  };
  for (const transport of [...(transportsForTesting?.values() ?? [])]) transport.close();
  router.close();
}
