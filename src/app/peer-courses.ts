import { type Clock, stopwatch, systemClock } from '../core/clock.ts';
import type { SfuBus, SfuEvents } from '../sfu/events.ts';

/** How the media connection of one transport went. Durations are milliseconds since it was opened. */
interface TransportCourse {
  readonly direction: 'send' | 'receive' | 'both';
  readonly age: () => number;
  /** When ICE found a way for the first time, by what, and from where. */
  readonly ice?: { readonly after: number; readonly protocol: string; readonly from: string };
  /** When DTLS was agreed on, or RTP may flow. */
  readonly connected?: number;
  /** How often the way was lost. */
  readonly lost: number;
  /** Whether its client was late in making the connection. */
  readonly waited: boolean;
  readonly end?: string;
  readonly course?: SfuEvents['transportClosed']['course'];
}

interface Course {
  readonly address: string;
  readonly age: () => number;
  /** Milliseconds until its first media connection stood. */
  toMedia?: number;
  readonly transports: Map<string, TransportCourse>;
}

/** The latest transports of a peer are told; a client that opens one after the other has no more. */
const mostTransports = 8;

/**
 * Follows how the media connections of each peer went, for the line that the log gets at the end of its stay: it says
 * why a call had no sound or picture, also to somebody who was not there.
 */
export class PeerCourses {
  readonly #courses = new Map<string, Course>();

  constructor(
    events: SfuBus,
    private readonly clock: Clock = systemClock,
  ) {
    events.on('peerConnected', ({ sessionId, address }) => {
      this.#courses.set(sessionId, { address, age: stopwatch(clock), transports: new Map() });
    });
    events.on('transportOpened', (data) => this.#opened(data));
    events.on('transportIceState', (data) => this.#iceChanged(data));
    events.on('transportWaits', (data) => this.#change(data, () => ({ waited: true })));
    events.on('transportConnected', (data) => {
      this.#change(data, ({ age }) => ({ connected: age() }));
      const course = this.#courses.get(data.sessionId);
      if (course) course.toMedia ??= course.age();
    });
    events.on('transportClosed', (data) =>
      this.#change(data, () => ({ end: data.reason, course: data.course })),
    );
  }

  /** What the log says of a peer that has left. It is forgotten with that. */
  take(sessionId: string): object {
    const course = this.#courses.get(sessionId);
    if (!course) return {};
    this.#courses.delete(sessionId);
    const { address, toMedia, transports } = course;
    const all = [...transports.values()];
    return {
      address,
      media: summaryOf(all),
      ...(toMedia !== undefined && { toMedia }),
      transports: all.map(({ age: _, ...transport }) => transport),
    };
  }

  #opened({ sessionId, transportId, producing, consuming }: SfuEvents['transportOpened']): void {
    const transports = this.#courses.get(sessionId)?.transports;
    if (!transports) return;
    const direction = producing && consuming ? 'both' : producing ? 'send' : 'receive';
    transports.set(transportId, { direction, age: stopwatch(this.clock), lost: 0, waited: false });
    const [oldest] = transports.keys();
    if (transports.size > mostTransports && oldest !== undefined) transports.delete(oldest);
  }

  #iceChanged({ state, protocol = 'udp', remote = '', ...data }: SfuEvents['transportIceState']): void {
    this.#change(data, ({ age, ice, lost }) => {
      if (state === 'disconnected') return { lost: lost + 1 };
      const isThere = state === 'connected' || state === 'completed';
      return isThere && !ice ? { ice: { after: age(), protocol, from: remote } } : {};
    });
  }

  #change(
    { sessionId, transportId }: { sessionId: string; transportId: string },
    change: (transport: TransportCourse) => Partial<TransportCourse>,
  ): void {
    const transports = this.#courses.get(sessionId)?.transports;
    const transport = transports?.get(transportId);
    if (transport) transports?.set(transportId, { ...transport, ...change(transport) });
  }
}

/** What became of the media of a peer, in a sentence. */
function summaryOf(all: readonly TransportCourse[]): string {
  const used = all.filter(({ course }) => course !== 'unused');
  if (all.length === 0) return 'it opened no transport';
  if (used.length === 0) return 'it connected no transport';
  const failed = used.find(({ connected }) => connected === undefined);
  if (failed && !failed.ice)
    return 'nothing of it arrived at the media port: look at the announced address, the firewall, and whether its network allows UDP or TCP to that port';
  if (failed)
    return 'ICE found a way, but DTLS was not agreed on: look at what lies between, and at the client';
  const lost = used.reduce((sum, transport) => sum + transport.lost, 0);
  const protocols = new Set(used.map(({ ice }) => ice?.protocol).filter(Boolean));
  const by = protocols.size === 0 ? '' : ` by ${[...protocols].join(' and ')}`;
  return `connected${by}${lost === 0 ? '' : `, lost ${lost} times`}`;
}
