import { type Clock, stopwatch, systemClock } from '../core/clock.ts';
import { isFailure } from '../core/ends.ts';
import {
  failedOutcomes,
  type MediaOutcome,
  type MediaQuality,
  type PeerCourse,
  type TransportCourse,
} from '../core/peer-course.ts';
import { peerKey } from '../core/peer-key.ts';
import type { PeerRef, SfuBus, SfuEvents } from '../sfu/events.ts';
import type { ReadModel } from '../sfu/rooms/read-model.ts';
import type { SignalingBus, SignalingEvents } from '../signaling/events.ts';

interface Transport extends TransportCourse {
  readonly age: () => number;
}

interface Stay {
  readonly ref: PeerRef;
  readonly address: string;
  readonly age: () => number;
  displayName: string;
  device: string;
  /** Milliseconds until its first media connection stood. */
  toMedia: number | null;
  readonly transports: Map<string, Transport>;
  /** Its requests that were refused, by method and code. */
  readonly refused: Map<string, { method: string; code: string; count: number }>;
}

/** The latest transports of a peer are told; a client that opens one after the other has no more. */
const mostTransports = 8;
/** A client can be refused for as many reasons as there are methods and errors; the first ones are told. */
const mostRefusals = 12;

export interface PeerCoursesOptions {
  readonly events: SfuBus;
  readonly read: Pick<ReadModel, 'peer'>;
  readonly clock?: Clock;
  /** What was measured of each stay: undefined while nothing was. A stay that has ended is forgotten. */
  readonly qualities?: {
    of(sessionId: string): MediaQuality | undefined;
    forget(sessionId: string): void;
  };
}

/**
 * Follows how the stay of each peer goes: it says why a call had no sound or picture, also to somebody who was not there.
 * At its end those that failed are told as `peerMediaFailed`.
 */
export class PeerCourses {
  readonly #stays = new Map<string, Stay>();
  /** The session of each peer that is here: signaling knows no sessions. */
  readonly #sessions = new Map<string, string>();
  readonly #clock: Clock;
  #ended: { readonly sessionId: string; readonly course: PeerCourse } | undefined;

  /** @param options.events a bus to which those who read `ended` here subscribe later than this */
  constructor(private readonly options: PeerCoursesOptions) {
    const { events, clock = systemClock } = options;
    this.#clock = clock;
    events.on('peerConnected', ({ address, roomId, peerId, sessionId }) => {
      const ref = { roomId, peerId, sessionId };
      const names = { displayName: '', device: '' };
      const media = { toMedia: null, transports: new Map(), refused: new Map() };
      this.#stays.set(sessionId, { ref, address, age: stopwatch(clock), ...names, ...media });
      this.#sessions.set(peerKey(ref), sessionId);
    });
    events.on('peerJoined', (data) => this.#joined(data));
    events.on('transportOpened', (data) => this.#opened(data));
    events.on('transportIceState', (data) => this.#iceChanged(data));
    events.on('transportWaits', (data) => this.#change(data, () => ({ waited: true, used: true })));
    events.on('transportConnected', (data) => {
      this.#change(data, ({ age }) => ({ connected: age(), used: true }));
      const stay = this.#stays.get(data.sessionId);
      if (stay) stay.toMedia ??= stay.age();
    });
    events.on('transportClosed', (data) =>
      this.#change(data, () => ({ end: data.reason, used: data.course !== 'unused' })),
    );
    events.on('peerLeft', (data) => this.#left(data));
    // The stays of a peer that moves: it goes on elsewhere, or where it was.
    events.on('peerDeparted', (ref) => this.#forget(ref));
    events.on('peerMoveFailed', (ref) => this.#forget(ref));
  }

  /** Follows what clients are refused. */
  followRequests(signaling: SignalingBus): void {
    signaling.on('requestHandled', (data) => this.#handled(data));
  }

  /** How it has gone so far for a peer that is here. */
  of(roomId: string, peerId: string): PeerCourse | undefined {
    const stay = this.#stayOf({ roomId, peerId });
    return stay && this.#courseOf(stay, null);
  }

  /** Who has this stay, which has not ended. */
  who(sessionId: string): { readonly address: string; readonly displayName: string } | undefined {
    return this.#stays.get(sessionId);
  }

  /** How it went for the peer that has just left: for those who are told of `peerLeft`, while they are. */
  ended(sessionId: string): PeerCourse | undefined {
    return this.#ended?.sessionId === sessionId ? this.#ended.course : undefined;
  }

  #stayOf(peer: Pick<PeerRef, 'roomId' | 'peerId'>): Stay | undefined {
    return this.#stays.get(this.#sessions.get(peerKey(peer)) ?? '');
  }

  #joined({ roomId, peerId, sessionId, displayName }: SfuEvents['peerJoined']): void {
    const stay = this.#stays.get(sessionId);
    if (!stay) return;
    const { device } = this.options.read.peer(roomId, peerId);
    stay.displayName = displayName;
    stay.device = [device.name, device.version].filter(Boolean).join(' ');
  }

  #left({ reason, detail, by, ...data }: SfuEvents['peerLeft']): void {
    const { roomId, peerId, sessionId } = data;
    const stay = this.#stays.get(sessionId);
    const course = stay && this.#courseOf(stay, { reason, detail, by: { ...by } });
    this.#forget(data);
    if (!course) return;
    this.#ended = { sessionId, course };
    if (!failedOutcomes.has(course.outcome)) return;
    this.options.events.emit('peerMediaFailed', { roomId, peerId, sessionId, course });
  }

  #forget(ref: PeerRef): void {
    const { sessionId } = ref;
    this.#stays.delete(sessionId);
    // A peer that was replaced leaves when its successor is there already.
    const key = peerKey(ref);
    if (this.#sessions.get(key) === sessionId) this.#sessions.delete(key);
    this.options.qualities?.forget(sessionId);
  }

  #opened({ sessionId, transportId, producing, consuming, offered }: SfuEvents['transportOpened']): void {
    const transports = this.#stays.get(sessionId)?.transports;
    if (!transports) return;
    transports.set(transportId, {
      direction: producing && consuming ? 'both' : producing ? 'send' : 'receive',
      offered: [...offered],
      ice: null,
      connected: null,
      lost: 0,
      waited: false,
      end: null,
      used: false,
      age: stopwatch(this.#clock),
    });
    const [oldest] = transports.keys();
    if (transports.size > mostTransports && oldest !== undefined) transports.delete(oldest);
  }

  #iceChanged({ state, pair, ...data }: SfuEvents['transportIceState']): void {
    this.#change(data, ({ age, ice, lost }) => {
      if (state === 'disconnected') return { lost: lost + 1 };
      return pair ? { ice: { after: ice?.after ?? age(), ...pair } } : {};
    });
  }

  #handled({ method, result: code, roomId, peerId }: SignalingEvents['requestHandled']): void {
    if (code === 'ok') return;
    const refused = this.#stayOf({ roomId, peerId })?.refused;
    if (!refused) return;
    const key = `${method} ${code}`;
    const entry = refused.get(key) ?? { method, code, count: 0 };
    entry.count += 1;
    if (refused.size < mostRefusals) refused.set(key, entry);
  }

  #change(
    { sessionId, transportId }: { sessionId: string; transportId: string },
    change: (transport: Transport) => Partial<Transport>,
  ): void {
    const transports = this.#stays.get(sessionId)?.transports;
    const transport = transports?.get(transportId);
    if (transport) transports?.set(transportId, { ...transport, ...change(transport) });
  }

  #courseOf(stay: Stay, end: PeerCourse['end']): PeerCourse {
    const { ref, address, displayName, device, toMedia, age } = stay;
    const transports = [...stay.transports.values()].map(({ age: _, ...transport }) => transport);
    const outcome = outcomeOf(transports);
    return {
      ...{ address, displayName, device, outcome },
      media: sentenceOf(outcome, transports),
      toMedia,
      transports,
      quality: this.options.qualities?.of(ref.sessionId) ?? null,
      refused: [...stay.refused.values()].map((entry) => ({ ...entry })),
      duration: age(),
      end,
    };
  }
}

function outcomeOf(transports: readonly TransportCourse[]): MediaOutcome {
  const used = transports.filter(({ used }) => used);
  if (used.length === 0) return 'unused';
  const failed = used.filter(({ connected }) => connected === null);
  if (failed.some(({ ice }) => ice === null)) return 'unreachable';
  if (failed.length > 0) return 'dtls_failed';
  return used.some(({ end }) => end !== null && isFailure(end)) ? 'lost' : 'connected';
}

/** What became of the media of a peer, in a sentence. */
function sentenceOf(outcome: MediaOutcome, transports: readonly TransportCourse[]): string {
  const protocols = new Set(transports.flatMap(({ ice }) => ice?.protocol ?? []));
  const by = protocols.size === 0 ? '' : ` by ${[...protocols].join(' and ')}`;
  const lost = transports.reduce((sum, transport) => sum + transport.lost, 0);
  switch (outcome) {
    case 'unused':
      return transports.length === 0 ? 'it opened no transport' : 'it connected no transport';
    case 'unreachable':
      return 'nothing of it arrived at the media port: look at the announced address, the firewall, and whether its network allows UDP or TCP to that port';
    case 'dtls_failed':
      return 'ICE found a way, but DTLS was not agreed on: look at what lies between, and at the client';
    case 'lost':
      return `connected${by}, and the way was lost for good: look at the network of the client`;
    case 'connected':
      return `connected${by}${lost === 0 ? '' : `, lost ${lost} times`}`;
  }
}
