import type { types } from 'mediasoup';
import type { MeshCounts } from '../media/mesh-counts.ts';
import type { NodeLink } from '../media/node-link.ts';
import type { RemoteBus } from '../remote-events.ts';
import type { KnownOrigin } from './room-origin.ts';
import type { StampedRule } from './room-rules.ts';
import type { NodeRef } from './share.ts';

/** What the rooms of a node need to be one with those of other nodes. */
export interface MeshContext {
  /** This run of this node. */
  readonly self: NodeRef;
  readonly link: NodeLink;
  /** Where the pipes of this node listen: the address under which other nodes reach it, and a range of ports. */
  readonly listenInfo: types.TransportListenInfo;
  readonly events: RemoteBus;
  /** Takes rules of a room that were made on this node. */
  readonly rulesMade: (roomId: string, rules: readonly StampedRule[]) => void;
  /** A room ends on this node. */
  readonly ends: (roomId: string, origin: KnownOrigin) => void;
  readonly counts: MeshCounts;
}
