import type { Clock } from '../core/clock.ts';
import { Pace, Paces } from '../core/pace.ts';
import { failedOutcomes } from '../core/peer-course.ts';
import type { SfuBus, SfuEvents } from '../sfu/events.ts';
import type { RemoteBus } from '../sfu/remote-events.ts';
import type { SignalingBus, SignalingEvents } from '../signaling/events.ts';
import type { NewLine } from '../store/timeline-lines.ts';
import type { Timelines } from '../store/timelines.ts';
import type { PeerCourses } from './courses.ts';
import { type Happening, hasLine, lineOf, otherNodeOf, roomOf } from './lines.ts';

/** A peer that mutes and unmutes all night must not push out what others did. Its end is always kept. */
const mostLinesOfStay = 300;
/** Stays whose lines are counted: of those that go on on another node, not every end is told here. */
const mostStays = 20_000;
/** Refused connections a second: strangers can cause them as often as they like. */
const refusalsPerSecond = 20;
const refusalsOfAddressPerSecond = 1;

export interface RecorderOptions {
  readonly events: SfuBus;
  readonly signaling: SignalingBus;
  /** What happens on other nodes in rooms that are open here. */
  readonly remote: RemoteBus;
  readonly courses: Pick<PeerCourses, 'who' | 'ended'>;
  readonly timelines: Pick<Timelines, 'add' | 'hours'>;
  readonly clock: Clock;
}

type Line = ReturnType<typeof lineOf>;

/** Keeps what happens in the timelines that outlive the calls. */
export class Recorder {
  readonly #stops: (() => void)[] = [];
  /** How many lines each stay of a peer has. */
  readonly #lines = new Map<string, number>();
  readonly #refusals: Pace;
  readonly #refusalsOf: Paces;

  constructor(private readonly options: RecorderOptions) {
    const { events, signaling, remote, timelines, clock } = options;
    this.#refusals = new Pace(refusalsPerSecond, clock);
    this.#refusalsOf = new Paces({ clock, perSecond: () => refusalsOfAddressPerSecond });
    if (timelines.hours === 0) return;
    const happened = (happening: Happening) => this.#happened(happening);
    this.#stops = [events.onAny(happened), signaling.onAny(happened), remote.onAny(happened)];
  }

  close(): void {
    for (const stop of this.#stops) stop();
  }

  #happened(happening: Happening): void {
    const { name, data } = happening;
    if (!hasLine(name)) return;
    if (name === 'connectionRefused' && !this.#mayKeep(data as SignalingEvents['connectionRefused'])) return;
    const sessionId = 'sessionId' in data ? data.sessionId : undefined;
    if (sessionId !== undefined && !this.#isWithin(sessionId, name)) return;
    const peerId = 'peerId' in data && data.peerId ? data.peerId : undefined;
    const place = { roomId: roomOf(data) || undefined, peerId, sessionId };
    const line = lineOf(happening);
    const nodeOf = otherNodeOf(happening);
    this.options.timelines.add({ event: name, ...line, ...place, nodeOf, ...this.#more(happening, line) });
  }

  /** What some events have beside their line. */
  #more({ name, data }: Happening, line: Line): Partial<NewLine> {
    switch (name) {
      case 'connectionRefused':
        return { address: (data as SignalingEvents['connectionRefused']).address };
      case 'peerJoined':
      case 'transportWaits': {
        const { sessionId } = data as SfuEvents['peerJoined' | 'transportWaits'];
        const { address, displayName } = this.options.courses.who(sessionId) ?? {};
        return { address, displayName };
      }
      case 'peerLeft':
        return this.#end(data as SfuEvents['peerLeft'], line);
      default:
        return {};
    }
  }

  #end({ sessionId }: SfuEvents['peerLeft'], { text, bad }: Line): Partial<NewLine> {
    const course = this.options.courses.ended(sessionId);
    if (!course) return {};
    const { address, displayName, outcome, media } = course;
    const isFailed = failedOutcomes.has(outcome);
    return {
      ...{ address, displayName, course },
      text: isFailed ? `${text}; ${media}` : text,
      bad: bad || isFailed,
    };
  }

  #mayKeep({ address }: SignalingEvents['connectionRefused']): boolean {
    if (address !== undefined && this.#refusalsOf.take(address) !== undefined) return false;
    return this.#refusals.take() === undefined;
  }

  #isWithin(sessionId: string, name: Happening['name']): boolean {
    if (name === 'peerLeft' || name === 'remotePeerLeft') {
      this.#lines.delete(sessionId);
      return true;
    }
    const lines = (this.#lines.get(sessionId) ?? 0) + 1;
    if (lines <= mostLinesOfStay) this.#lines.set(sessionId, lines);
    const [oldest] = this.#lines.keys();
    if (this.#lines.size > mostStays && oldest !== undefined) this.#lines.delete(oldest);
    return lines <= mostLinesOfStay;
  }
}
