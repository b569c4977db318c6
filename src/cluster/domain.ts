import type { NodeRequestName, NodeRequests, RoomTelling } from '../sfu/media/node-link.ts';
import type { RoomOrigin } from '../sfu/rooms/room-origin.ts';
import type { RoomRules, StampedRule } from '../sfu/rooms/room-rules.ts';
import type { NodeRef, PeerShare, ShareChange, SharesOfOthers } from '../sfu/rooms/share.ts';

/** What the mesh reads of the domain, and where it writes what others say. No room is open when the mesh starts. */
export interface SharedRooms {
  /** This node's peers in a room. */
  shares(roomId: string): readonly PeerShare[];
  onShare(listener: (roomId: string, change: ShareChange) => void): () => void;
  onRoom(listener: (roomId: string, open: boolean) => void): () => void;
  /** Undefined for a room that is not open here. */
  roster(roomId: string): SharesOfOthers | undefined;
  /** How a room began; undefined for one that is not open here, or before others were asked. */
  origin(roomId: string): RoomOrigin | undefined;
  /** Takes over how a room began on another node. */
  takeOrigin(roomId: string, origin: RoomOrigin): void;
  /** What moderators decided in a room; undefined for one that is not open here. */
  rules(roomId: string): Pick<RoomRules, 'hash' | 'all'> | undefined;
  /** Takes over what was decided on another node. */
  takeRules(roomId: string, rules: readonly StampedRule[]): void;
  onRules(listener: (roomId: string, rules: readonly StampedRule[]) => void): () => void;
}

/** The side of the domain: what it shares, and what it does with what other nodes say. */
export interface MeshDomain extends SharedRooms {
  /** Carries out what another node asks. @throws SfuError */
  answer<N extends NodeRequestName>(
    from: NodeRef,
    name: N,
    data: NodeRequests[N]['data'],
  ): Promise<NodeRequests[N]['result']>;
  told(from: NodeRef, roomId: string, message: RoomTelling, payload?: Uint8Array): void;
}
