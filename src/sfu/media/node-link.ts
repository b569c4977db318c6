import type { types } from 'mediasoup';
import type { PeerMessage } from '../../core/peer-messages.ts';
import type { Reaction } from '../../core/reactions.ts';

/** One side of a pipe between two nodes: the only address and the only keys that the other side takes. */
export interface PipeSide {
  readonly ip: string;
  readonly port: number;
  readonly srtpParameters: types.SrtpParameters;
}

/** Names a pipe: its room, and an id that the receiving node made. */
export interface PipeRef {
  readonly roomId: string;
  readonly pipeId: string;
}

/** What the receiving node wants of a producer. */
export type Demand = 'flowing' | 'paused' | 'unwanted';

/** Requests from one node to another, by subject. Those for media go from the node that receives it to the one that has it. */
export interface NodeRequests {
  /** Opens the sending side of a pipe. */
  'pipe.open': { data: PipeRef & { readonly side: PipeSide }; result: PipeSide };
  /**
   * Says what is wanted of a producer on that pipe; of two wants the one with the greater number counts. The first one
   * puts the producer on the pipe. The result is null for `unwanted`.
   */
  'pipe.want': {
    data: PipeRef & { readonly producerId: string; readonly number: number; readonly demand: Demand };
    result: { readonly rtpParameters: types.RtpParameters } | null;
  };
  /** How many bytes of RTP the sending side has sent. */
  'pipe.sent': { data: PipeRef; result: { readonly bytes: number } };
  /** Closes the sending side. */
  'pipe.close': { data: PipeRef; result: null };
  /** A message of a peer of the node that asks, named by its session, to peers of the one that is asked. */
  message: {
    data: {
      readonly roomId: string;
      readonly sessionId: string;
      readonly to: readonly string[];
      readonly message: PeerMessage;
    };
    result: null;
  };
}
export type NodeRequestName = keyof NodeRequests;

/** What one node tells all others that have a room. */
export interface RoomTellings {
  /** Who is heard among the peers of that node, the loudest first, and whom its observer takes for the speaker. */
  volumes: {
    readonly volumes: readonly {
      readonly peerId: string;
      readonly producerId: string;
      readonly volume: number;
    }[];
    readonly dominant: string | null;
  };
  /** The active speaker, by the node that elects. */
  speaker: { readonly peerId: string | null; readonly volume: number | null };
  /** A message on a data channel; its bytes are the payload. `ppid` says what they are (RFC 8831, section 8). */
  data: { readonly dataProducerId: string; readonly ppid: number };
  /** Data producers of other nodes that all peers of that node receive now who are to, if there are any. */
  dataReceived: { readonly dataProducerIds: readonly string[] };
  /** A reaction of a peer of that node, named by its session. */
  reaction: { readonly sessionId: string; readonly reaction: Reaction };
  /** The sending side of a pipe of that node has ended by itself. */
  pipeEnded: { readonly pipeId: string };
}
export type RoomTellingName = keyof RoomTellings;
/** One of them, told apart by its name. */
export type RoomTelling = {
  [N in RoomTellingName]: { readonly name: N; readonly data: RoomTellings[N] };
}[RoomTellingName];

/** The way to other nodes, which the mesh carries. */
export interface NodeLink {
  /** @throws SfuError what the other node refuses with; gone when it does not answer in time */
  ask<N extends NodeRequestName>(
    life: string,
    subject: N,
    data: NodeRequests[N]['data'],
  ): Promise<NodeRequests[N]['result']>;
  /**
   * Tells every other node that has the room. What is told while the bus is away is lost.
   * @returns when it has left this process; it never rejects
   */
  tell<N extends RoomTellingName>(
    roomId: string,
    name: N,
    data: RoomTellings[N],
    payload?: Uint8Array,
  ): Promise<void>;
}
