/**
 * A worker takes an id only once, and `pipeToRouter` gives the piped producer the id of the original unless told not to
 * (3.27.1, node/lib/Router.js, `keepId`).
 * Upstream: known and documented; `keepId: false` came with 3.19.0, https://github.com/versatica/mediasoup/pull/1604 and
 * https://mediasoup.org/documentation/v3/mediasoup/api/#router-pipeToRouter.
 * Without this nothing can be piped between two routers of one worker, which WHEP players need.
 * @returns `keepId` for a pipe: whether the two routers are on different workers
 */
export function keepsId(from: { readonly live: object }, to: { readonly live: object }): boolean {
  return from.live !== to.live;
}
