import type { Logger } from '../core/log.ts';
import type { EventBus, SfuEventName } from './events.ts';

/** What an operator reads in the log, and at which level; everything else is for metrics. */
const levels = {
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
  connectionRefused: 'info',
  socketDropped: 'warn',
  drainStarted: 'info',
  drainCancelled: 'info',
  drainEnded: 'info',
} as const satisfies Partial<Record<SfuEventName, 'debug' | 'info' | 'warn'>>;

/** Writes the events of weight to the log, one line each, with room and peer in context. */
export function logEvents(events: EventBus, log: Logger): () => void {
  const names = Object.keys(levels) as (keyof typeof levels)[];
  const stops = names.map((name) => events.on(name, (data: object) => log[levels[name]](name, { ...data })));
  return () => {
    for (const stop of stops) stop();
  };
}
