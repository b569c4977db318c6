import type { IceServers } from '../access/ice-servers.ts';
import type { Commands } from '../commands/commands.ts';
import type { Clock } from '../core/clock.ts';
import type { Logger } from '../core/log.ts';
import type { WireSocket } from '../wire/socket.ts';
import type { SignalingCounts } from './counts.ts';
import type { SignalingBus } from './events.ts';
import type { Resumption } from './resumption.ts';

/** What a connection is made of, and what its client asked for when it connected. */
export interface ConnectionOptions {
  socket: WireSocket;
  events: SignalingBus;
  counts: SignalingCounts;
  commands: Commands;
  log: Logger;
  clock: Clock;
  messagesPerSecond: number;
  iceServers: () => IceServers;
  fast: boolean;
  wantsBandwidth: boolean;
  /** It knows every notification of docs/protocol.md. */
  native: boolean;
  /** It can be moved to another node. */
  moves: boolean;
  /** It is told of the others together. */
  takesRoster: boolean;
  /** Undefined for a client that does not resume. */
  resumption?: Resumption;
  /** Names the connection before it is a peer. */
  roomId: string;
  peerId: string;
}
