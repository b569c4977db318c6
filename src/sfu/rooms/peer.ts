import type { types } from 'mediasoup';
import type { Actor } from '../../core/actors.ts';
import type { Attributes } from '../../core/attributes.ts';
import { type Clock, stopwatch } from '../../core/clock.ts';
import type { ProducerEnd, StayEnd, TransportEnd } from '../../core/ends.ts';
import { SfuError } from '../../core/errors.ts';
import { type Grants, type Identity, mayPublish, type Published, samePublish } from '../../core/grants.ts';
import { type Quality, unknownQuality } from '../../core/quality.ts';
import type { Standing } from '../../core/standing.ts';
import type { PeerRef } from '../events.ts';
import type { RoomRouter } from '../media/routers.ts';
import { announceProducerEnd, announceTransportEnd } from './ending-media.ts';
import type { MediaIndex } from './media-index.ts';
import { notOwned, owned } from './owned.ts';
import type { Passage } from './passage.ts';
import type { Absence, Device, Joined, PeerState } from './peer-state.ts';
import type { DataPublication, Holder, Publication } from './publication.ts';
import { Traces } from './traces.ts';

interface AnyPeerTransport {
  readonly peer: Peer;
  readonly producing: boolean;
  readonly consuming: boolean;
  readonly openedAt: number;
  /** Milliseconds since it was opened. */
  readonly age: () => number;
  connectedAt?: number;
  /** Whether the remote side was given: its DTLS parameters, or its address. */
  connectRequested: boolean;
  /** Milliseconds since then. A transport may be open for long before its client has a reason to connect it. */
  connectAge?: () => number;
  /** Ends the wait for the connection that is told when it takes long, and whether it was. */
  cancelWait?: () => void;
  waited?: boolean;
  /** Why it is being closed, for the event. */
  ending?: TransportEnd;
}

/** A transport for a WebRTC client: ICE and DTLS. */
export interface WebRtcPeerTransport extends AnyPeerTransport {
  readonly type: 'webrtc';
  readonly transport: types.WebRtcTransport;
  /** Ends the wait for a lost ICE connection to come back. */
  cancelIceFailure?: () => void;
}

/** A transport for RTP without WebRTC: ffmpeg, GStreamer, a telephone gateway. */
export interface PlainPeerTransport extends AnyPeerTransport {
  readonly type: 'plain';
  readonly transport: types.PlainTransport;
  /** It learns the remote address from the first packet that comes. */
  readonly comedia: boolean;
}

/** A transport to another router that carries every layer: another mediasoup server. */
export interface PipePeerTransport extends AnyPeerTransport {
  readonly type: 'pipe';
  readonly transport: types.PipeTransport;
}

/** A transport of a peer. */
export type PeerTransport = WebRtcPeerTransport | PlainPeerTransport | PipePeerTransport;

/** A publication of a peer on this node. */
export interface LocalPublication extends Publication {
  readonly peer: Peer;
  readonly producer: types.Producer;
  readonly transportId: string;
  readonly pausedBy: Set<Holder>;
  /** Who receives it on this node. */
  readonly receivers: Set<Subscription>;
  ending?: { readonly reason: ProducerEnd; readonly by: Actor };
}

/** A data channel on which a peer on this node sends. */
export interface LocalDataPublication extends DataPublication {
  readonly peer: Peer;
  readonly dataProducer: types.DataProducer;
  readonly transportId: string;
  ending?: ProducerEnd;
}

/** A consumer with what the domain knows of it. */
export interface Subscription {
  readonly peer: Peer;
  readonly publication: Publication;
  readonly consumer: types.Consumer;
  readonly rtpParameters: types.RtpParameters;
  readonly transportId: string;
  readonly openedAt: number;
  /** Before its first start: `waiting` for its client, or who paused it, which that start must not undo. */
  start?: 'waiting' | 'peer' | 'moderator';
  /** It was asked to pause and not to go on, also while the worker has not answered. */
  held: boolean;
  ending?: 'peer' | 'moderator' | 'rejected' | 'unanswered';
}

export interface DataSubscription {
  readonly peer: Peer;
  readonly publication: DataPublication;
  readonly dataConsumer: types.DataConsumer;
  readonly transportId: string;
  readonly openedAt: number;
  ending?: 'rejected' | 'unanswered';
}

/** How the domain reaches the client behind a peer: over its socket, or whatever a program has instead. */
export interface PeerLink {
  /** Resolves when the connection to the client is closed; at once where there is none. */
  readonly gone: Promise<void>;
  /** Its client cannot build its media again over this connection, but connects again when it is closed. */
  readonly reconnects?: boolean;
  /**
   * Resolves when the client has taken the consumer, rejects when it has not, with `Unanswered` if it said nothing. A
   * client that asks for what it wants to receive has neither of the two.
   */
  offerConsumer?(subscription: Subscription): Promise<void>;
  offerDataConsumer?(subscription: DataSubscription): Promise<void>;
  /** Whether its client was given that ticket, of which this is the hash: whoever shows it goes on with the session. */
  hasTicket?(hash: string): boolean;
  /** The peer has ended; the connection goes with it. */
  close(reason: StayEnd, detail: string): void;
}

export interface PeerOptions {
  identity: Identity;
  link: PeerLink;
  clock: Clock;
  media: MediaIndex;
  /** What it may publish: the grant of its token, or what was decided of its subject. */
  publish: Grants['publish'];
  epoch: number;
}

/** One participant of a room: its transports, and what it sends and receives over them. */
export class Peer {
  /** Of this stay: a peer that was replaced, or came again, has another. It is made in order of time (UUIDv7, RFC 9562). */
  readonly sessionId = Bun.randomUUIDv7();
  /** One more than the greatest that was known for its id in the room, on any node, when it entered. */
  readonly epoch: number;
  /** What is left of it: its removal is complete when nothing is. */
  readonly traces = new Traces();
  state: PeerState = { name: 'connected' };
  displayName: string;
  device: Device = {};
  /** Data of the application: the token's at first, then what a program set. */
  metadata: Identity['metadata'];
  /** What it says of itself, and moderators of it. */
  attributes: Attributes = {};
  /** Where its media lives; set with its first transport, or before it where it leases a router. */
  router: RoomRouter | undefined;
  publish: Grants['publish'];
  handRaisedAt: number | null = null;
  /** What the others learn of it. */
  standing: Standing = 'counted';
  quality: Quality = unknownQuality;
  readonly transports = new Map<string, PeerTransport>();
  readonly publications = new Map<string, LocalPublication>();
  readonly subscriptions = new Map<string, Subscription>();
  readonly dataPublications = new Map<string, LocalDataPublication>();
  readonly dataSubscriptions = new Map<string, DataSubscription>();
  /** What it receives or is about to, by id, so that nothing is offered twice. */
  readonly receiving = new Map<string, Publication | DataPublication>();
  /** Producers of other nodes whose media was lost on the way here, each with what receives it again. */
  readonly lost = new Map<string, (publication: Publication) => void>();
  cancelJoinTimeout: () => void = () => {};
  /** When it joined first, in milliseconds since the epoch. It joins again when its media was lost. */
  joinedAt: number | undefined;
  /** Milliseconds since it had to join again; undefined once it has. */
  rejoinAge: (() => number) | undefined;
  absence: Absence | undefined;
  /** On its way from or to another node: it is in no list. */
  passage: Passage | undefined;
  /** The session on another node that it took over from. */
  origin: { readonly sessionId: string; readonly node: string } | undefined;
  readonly identity: Identity;
  readonly link: PeerLink;
  connectedAt: number;
  /** Milliseconds since it connected. */
  readonly age: () => number;
  /** Where its transports, producers and consumers are listed for those who measure. */
  readonly media: MediaIndex;

  constructor({ identity, link, clock, media, epoch, publish }: PeerOptions) {
    this.identity = identity;
    this.epoch = epoch;
    this.link = link;
    this.connectedAt = clock.now();
    this.age = stopwatch(clock);
    this.media = media;
    this.displayName = identity.displayName ?? '';
    this.metadata = identity.metadata;
    this.publish = publish;
    void link.gone.then(this.traces.add('socket'));
  }

  get id(): string {
    return this.identity.peerId;
  }

  get roomId(): string {
    return this.identity.roomId;
  }

  get hidden(): boolean {
    return this.identity.grants.hidden;
  }

  get joined(): boolean {
    return this.state.name === 'joined';
  }

  get closed(): boolean {
    return this.state.name === 'closed';
  }

  /** Whether the others were told that its connection is cut. */
  get away(): boolean {
    return this.absence?.told ?? false;
  }

  /** Whether it is offered the data that others send, once it has a transport for it. */
  get takesData(): boolean {
    return this.link.offerDataConsumer !== undefined && this.identity.grants.subscribe;
  }

  /** Names the peer and its stay in events. */
  get ref(): PeerRef {
    return { roomId: this.roomId, peerId: this.id, sessionId: this.sessionId };
  }

  mayPublish(published: Published): boolean {
    // Nobody knows of a hidden peer, so nobody could show what it sends.
    return !this.hidden && mayPublish(this, published);
  }

  /** Whether it may publish something else than its token grants. */
  get stopped(): boolean {
    return !samePublish(this.publish, this.identity.grants.publish);
  }

  /** @throws SfuError wrong_state before join and after the end. */
  requireJoined(): Joined {
    if (this.state.name === 'joined') return this.state;
    throw new SfuError('wrong_state', 'this needs a joined peer; call join first');
  }

  transport(id: string): PeerTransport {
    return owned(this.transports, 'transport', id);
  }

  /** @throws SfuError not_found for a transport that is not a WebRTC client's, too */
  webRtcTransport(id: string): WebRtcPeerTransport {
    const entry = this.transport(id);
    if (entry.type === 'webrtc') return entry;
    throw notOwned('WebRTC transport', id);
  }

  publication(id: string): LocalPublication {
    return owned(this.publications, 'producer', id);
  }

  subscription(id: string): Subscription {
    return owned(this.subscriptions, 'consumer', id);
  }

  dataPublication(id: string): LocalDataPublication {
    return owned(this.dataPublications, 'data producer', id);
  }

  dataSubscription(id: string): DataSubscription {
    return owned(this.dataSubscriptions, 'data consumer', id);
  }

  /** The transport over which it receives: the last one made for it. */
  consumingTransport(): PeerTransport | undefined {
    return [...this.transports.values()].findLast(
      ({ consuming, transport }) => consuming && !transport.closed,
    );
  }

  /** Ends a transport and all that it carries. */
  closeTransport(entry: PeerTransport, reason: TransportEnd): void {
    entry.ending ??= reason;
    announceTransportEnd(this, entry.transport.id);
    entry.transport.close();
  }

  /** Ends every transport, and with it all that it sends and receives. */
  closeTransports(reason: TransportEnd): void {
    for (const entry of [...this.transports.values()]) this.closeTransport(entry, reason);
  }

  /** With a producer the worker closes all that consume it. To be called before it is closed. */
  announceEnd(publication: LocalPublication): void {
    announceProducerEnd(this.media, publication);
  }
}
