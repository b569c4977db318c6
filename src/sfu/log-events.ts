import type { Logger } from '../log.ts';
import type { EventBus, SfuEventName } from './events.ts';

/** What an operator reads in the log, and at which level; everything else is for metrics. */
const levels: Partial<Record<SfuEventName, 'debug' | 'info' | 'warn'>> = {
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
};

/** Writes the events of weight to the log, one line each, with room and peer in context. */
export function logEvents(events: EventBus, log: Logger): () => void {
  return events.onAny(({ name, data }) => {
    const level = levels[name];
    if (level) log[level](name, { ...data });
  });
}
