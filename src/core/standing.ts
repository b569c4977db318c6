/**
 * What the others learn of a peer in the call:
 *
 * - `listed`: everyone is told of it.
 * - `announced`: one of a small audience. Clients that are told of each peer by itself are told of it, others count it.
 * - `counted`: one of a large audience. Nobody is told of it.
 */
export type Standing = 'listed' | 'announced' | 'counted';
