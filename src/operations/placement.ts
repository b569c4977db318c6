import type { Static } from '@sinclair/typebox';
import type { NodeInfo } from '../cluster/reads/view.ts';
import type { PlacedNode } from './node-schemas.ts';

/** A node that a client may be sent to. */
export type PlaceableNode = Pick<NodeInfo, 'name' | 'url' | 'region' | 'peers' | 'draining' | 'stale'>;
type Placed = Static<typeof PlacedNode>;

export interface PlacementWishes {
  /** Where the client is. */
  readonly region?: string;
  /** The nodes that have its room. */
  readonly withRoom: ReadonlySet<string>;
}

/**
 * Where a client should go, the best node first: in its region, since distance is what people notice; then where its
 * room is, which saves a pipe between nodes; then where fewest peers are. A client that can measure knows better.
 */
export function placeClient(nodes: readonly PlaceableNode[], wishes: PlacementWishes): Placed[] {
  const { region, withRoom } = wishes;
  const rank = (node: PlaceableNode) => [
    troubleOf(node) === undefined ? 0 : 1,
    region !== undefined && node.region === region ? 0 : 1,
    withRoom.has(node.name) ? 0 : 1,
    node.peers,
  ];
  return nodes
    .map((node) => ({ node, rank: rank(node) }))
    .toSorted((one, other) => compare(one.rank, other.rank))
    .map(({ node }) => describe(node, wishes));
}

function describe(node: PlaceableNode, { region, withRoom }: PlacementWishes): Placed {
  const { name, url, peers } = node;
  const trouble = troubleOf(node);
  const where = region === undefined ? '' : node.region === region ? `in ${region}; ` : `not in ${region}; `;
  const room = withRoom.has(name) ? 'has the room; ' : '';
  const why = trouble ?? `${where}${room}${peers} ${peers === 1 ? 'peer' : 'peers'}`;
  return { name, url, region: node.region, peers, why, usable: trouble === undefined };
}

/** Why nobody should be sent to a node. */
function troubleOf({ url, draining, stale }: PlaceableNode): string | undefined {
  if (stale) return 'nothing is heard of it';
  if (draining) return 'it is about to end';
  return url === null ? 'it has no TUREEN_PUBLIC_URL, so clients cannot be sent to it' : undefined;
}

function compare(one: readonly number[], other: readonly number[]): number {
  for (const [index, value] of one.entries()) {
    const difference = value - (other[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
