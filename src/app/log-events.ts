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
  peerRejoin: 'info',
  transportConnected: 'debug',
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
  socketDropped: 'warn',
};

/**
 * Writes the events that have a level to the log, one line each, with room and peer in context.
 * @returns a function that ends it
 */
export function logEvents<Events extends EventMap<Events>>(
  events: EventBus<Events>,
  levels: Readonly<Partial<Record<keyof Events, Level>>>,
  log: Logger,
): () => void {
  const entries = Object.entries(levels) as [keyof Events & string, Level][];
  const stops = entries.map(([name, level]) =>
    events.on(name, (data: object) => log[level](name, { ...data })),
  );
  return () => {
    for (const stop of stops) stop();
  };
}
