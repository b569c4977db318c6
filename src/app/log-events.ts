import { type Clock, systemClock } from '../core/clock.ts';
import type { EventBus, EventMap } from '../core/event-bus.ts';
import type { Logger } from '../core/log.ts';
import type { ReportedIn, sfuReports, signalingReports } from './event-reports.ts';

type Level = 'debug' | 'info' | 'warn';

/** The level at which each event of the domain is logged. */
export const sfuLevels: Readonly<Record<ReportedIn<'log', typeof sfuReports>, Level>> = {
  workerStarted: 'info',
  workerDied: 'warn',
  workerFailed: 'warn',
  roomOpened: 'info',
  roomSpread: 'info',
  roomLocked: 'info',
  roomClosed: 'info',
  peerJoined: 'info',
  peerLeft: 'info',
  peerMovedHere: 'info',
  peerMovedAway: 'info',
  peerMoveFailed: 'warn',
  peerAway: 'info',
  peerBack: 'info',
  peerRejoin: 'info',
  peerRejoined: 'info',
  transportConnected: 'debug',
  transportWaits: 'warn',
  transportClosed: 'debug',
  producerOpened: 'debug',
  producerClosed: 'debug',
  drainStarted: 'info',
  drainCancelled: 'info',
  drainEnded: 'info',
};

/** The level at which each event of signaling is logged. */
export const signalingLevels: Readonly<Record<ReportedIn<'log', typeof signalingReports>, Level>> = {
  connectionRefused: 'info',
  resumed: 'info',
  resumeRefused: 'info',
  socketDropped: 'warn',
};

/** Strangers can cause these as often as they like. */
const bounded: ReadonlySet<string> = new Set(['connectionRefused', 'resumeRefused', 'socketDropped']);
const boundedIntervalMs = 1000;

interface LogEventsOptions<Events> {
  readonly log: Logger;
  readonly clock?: Clock;
  /** What the line of an event says beside its data. */
  readonly more?: { readonly [N in keyof Events]?: (data: Events[N]) => object };
}

/**
 * Writes the events that have a level to the log, one line each, with room and peer in context. Those that strangers
 * cause have a line a second at most, with the `count` of those that it stands for.
 * @returns a function that ends it
 */
export function logEvents<Events extends EventMap<Events>>(
  events: EventBus<Events>,
  levels: Readonly<Partial<Record<keyof Events, Level>>>,
  { log, clock = systemClock, more = {} }: LogEventsOptions<Events>,
): () => void {
  const entries = Object.entries(levels) as [keyof Events & string, Level][];
  const stops = entries.map(([name, level]) => {
    const add = more[name] as ((data: object) => object) | undefined;
    const write = (data: object) => log[level](name, { ...data, ...add?.(data) });
    return events.on(name, bounded.has(name) ? boundedLines(write, clock) : write);
  });
  return () => {
    for (const stop of stops) stop();
  };
}

/** Passes on the first of a second, and then the last of each second with how many there were. */
function boundedLines(write: (data: object) => void, clock: Clock): (data: object) => void {
  let resting = false;
  let count = 0;
  let last: object = {};
  const rest = () => {
    resting = true;
    clock.after(boundedIntervalMs, () => {
      resting = false;
      if (count === 0) return;
      write({ ...last, count });
      count = 0;
      rest();
    });
  };
  return (data) => {
    if (resting) {
      count += 1;
      last = data;
      return;
    }
    write(data);
    rest();
  };
}
