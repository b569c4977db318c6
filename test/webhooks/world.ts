import { serverActor } from '../../src/core/actors.ts';
import type { Clock } from '../../src/core/clock.ts';
import { EventBus } from '../../src/core/event-bus.ts';
import { createLogger, silentLogger } from '../../src/core/log.ts';
import { EventStream } from '../../src/public-events/stream.ts';
import type { SfuEvents } from '../../src/sfu/events.ts';
import { Store } from '../../src/store/store.ts';
import { Webhooks, type WebhooksOptions } from '../../src/webhooks/webhooks.ts';
import { TestClock } from '../support/clock.ts';

export const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';

type Configured = WebhooksOptions['config'];

export interface WorldOptions<C extends Clock>
  extends Partial<Omit<WebhooksOptions, 'events' | 'config' | 'clock'>> {
  config: Partial<Configured>;
  clock?: C;
  folder?: string;
}

/** A receiver's entry in the configuration. */
export function entry(name: string, url: string, more: object = {}) {
  return { name, url, secret, ...more };
}

/** Webhooks with everything about them but calls: events are told to the bus, as the domain does. */
export function webhookWorld<C extends Clock = TestClock>(worldOptions: WorldOptions<C>) {
  const { config, folder, clock = new TestClock() as Clock as C, ...options } = worldOptions;
  const lines: string[] = [];
  const log = createLogger({ level: 'info', write: (line) => void lines.push(line) });
  const bus = new EventBus<SfuEvents>(silentLogger);
  const store = new Store({ folder, log: silentLogger, now: () => clock.now() });
  const events = new EventStream({ events: bus, clock, node: 'a' });
  const whole: { -readonly [K in keyof Configured]: Configured[K] } = {
    webhooks: undefined,
    webhookAllow: ['127.0.0.1'],
    webhookRetryHours: 24,
    node: 'node-1',
    ...config,
  };
  const webhooks = new Webhooks({ config: whole, events, outbox: store.webhooks, clock, log, ...options });
  webhooks.start();
  const open = (roomId: string) => bus.emit('roomOpened', { roomId, workerIndex: 0 });
  const rename = (roomId: string, displayName: string) =>
    bus.emit('peerRenamed', {
      roomId,
      peerId: 'p',
      sessionId: 's',
      displayName,
      oldDisplayName: '',
      hidden: false,
    });
  const close = (roomId: string) =>
    bus.emit('roomClosed', { roomId, reason: 'empty', duration: 1, by: serverActor });
  const stop = async () => {
    await webhooks.stop();
    store.close();
  };
  const world = {
    bus,
    store,
    clock,
    config: whole,
    lines,
    webhooks,
    open,
    rename,
    close,
    stop,
    outbox: store.webhooks,
  };
  return Object.assign(world, { [Symbol.asyncDispose]: stop });
}
