import type { Static } from '@sinclair/typebox';
import type { NodeInfo } from '../cluster/reads/view.ts';
import type { PlacedNode } from './node-schemas.ts';

/** A node that a client may be sent to. */
export type PlaceableNode = Pick<
  NodeInfo,
  'name' | 'url' | 'region' | 'peers' | 'draining' | 'stale' | 'stress'
>;
type Placed = Static<typeof PlacedNode>;

export interface PlacementWishes {
  /** Where the client is. */
  readonly region?: string;
  /** The nodes that have its room. */
  readonly withRoom: ReadonlySet<string>;
  /** The stress level from which on a node takes nobody new. */
  readonly fullAt: number;
}

/** Levels that differ less than this are the same. */
const step = 0.1;

/**
 * Where a client should go, the best node first: in its region, since distance is what people notice; then where its
 * room is, which saves a pipe between nodes, as long as that node has half of what it takes; then where the stress is least, and
 * where fewest peers are. So the receivers of a large room go on to other nodes before one of them is full. A client that can
 * measure knows better.
 */
export function placeClient(nodes: readonly PlaceableNode[], wishes: PlacementWishes): Placed[] {
  const { region, withRoom, fullAt } = wishes;
  const hasPlace = (node: PlaceableNode) => withRoom.has(node.name) && levelOf(node) < fullAt / 2;
  const rank = (node: PlaceableNode) => [
    troubleOf(node, fullAt) === undefined ? 0 : 1,
    region !== undefined && node.region === region ? 0 : 1,
    hasPlace(node) ? 0 : 1,
    Math.floor(levelOf(node) / step),
    node.peers,
  ];
  return nodes
    .map((node) => ({ node, rank: rank(node) }))
    .toSorted((one, other) => compare(one.rank, other.rank))
    .map(({ node }) => describe(node, wishes));
}

function describe(node: PlaceableNode, { region, withRoom, fullAt }: PlacementWishes): Placed {
  const { name, url, peers } = node;
  const trouble = troubleOf(node, fullAt);
  const where = region === undefined ? '' : node.region === region ? `in ${region}; ` : `not in ${region}; `;
  const room = withRoom.has(name) ? 'has the room; ' : '';
  const why = trouble ?? `${where}${room}${peers} ${peers === 1 ? 'peer' : 'peers'}`;
  return { name, url, region: node.region, peers, why, usable: trouble === undefined };
}

/** Why nobody should be sent to a node. */
function troubleOf(node: PlaceableNode, fullAt: number): string | undefined {
  const { url, draining, stale, stress } = node;
  if (stale) return 'nothing is heard of it';
  if (draining) return 'it is about to end';
  if (fullAt < 1 && levelOf(node) >= fullAt) return `it is full (${stress?.resource}): it takes nobody new`;
  return url === null ? 'it has no TUREEN_PUBLIC_URL, so clients cannot be sent to it' : undefined;
}

/** A node of an earlier version does not say. */
function levelOf({ stress }: PlaceableNode): number {
  return stress?.level ?? 0;
}

function compare(one: readonly number[], other: readonly number[]): number {
  for (const [index, value] of one.entries()) {
    const difference = value - (other[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
