import { hostname } from 'node:os';
import type { Config } from '../config/config.ts';
import { type Receiver, readReceivers } from '../config/webhook-receivers.ts';
import type { Clock } from '../core/clock.ts';
import type { Logger } from '../core/log.ts';
import type { EventStream, PublicEvent } from '../public-events/stream.ts';
import type { WebhookOutbox } from '../store/webhook-outbox.ts';
import { Delivery } from './delivery.ts';
import { type Resolve, Targets } from './targets.ts';

export interface WebhooksOptions {
  readonly config: Pick<Config, 'webhooks' | 'webhookAllow' | 'webhookRetryHours' | 'node'>;
  readonly events: EventStream;
  readonly outbox: WebhookOutbox;
  readonly clock: Clock;
  readonly log: Logger;
  /** Finds the addresses of names; the system's resolver unless told. */
  readonly resolve?: Resolve;
  /** Certificates to trust instead of the system's. */
  readonly ca?: string;
  /** Milliseconds that an attempt may take. */
  readonly timeout?: number;
  /** How many may wait for one receiver before the oldest are given up. */
  readonly mostWaiting?: number;
}

const hour = 3600_000;
const housekeeping = 10_000;
/** Milliseconds that the last events get when the server ends. */
const lastCall = 2000;

/** Tells programs by HTTP what happens: keeps each event in the outbox until each receiver that wants it has it. */
export class Webhooks {
  readonly #deliveries = new Map<string, Delivery>();
  readonly #limits: { targets: Targets; retryMilliseconds: number };
  /** The values of the configuration that are in effect, by which a change is seen. */
  #receivers: Config['webhooks'];
  #allow: Config['webhookAllow'];
  #cancelKeeping: () => void = () => {};
  #stopSending: () => void = () => {};
  #stopped = false;
  /** Ends the subscription to events, which there is only for receivers: without them nobody's events are kept. */
  #stopKeeping: (() => void) | undefined;

  constructor(private readonly options: WebhooksOptions) {
    this.#limits = { targets: this.#readTargets(), retryMilliseconds: this.#retryMilliseconds };
  }

  /** Sends what waits in the outbox, and what happens from now on. `stop` ends it, also when this throws. */
  start(): void {
    const { config, outbox } = this.options;
    this.#open(readReceivers(config));
    this.#stopSending = outbox.onWaiting((waiting) => this.#deliveries.get(waiting.receiver)?.add(waiting));
    this.#keepHouse();
  }

  /** Gives what has just happened a moment to arrive, and ends. The rest stays in the outbox. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#stopKeeping?.();
    this.#cancelKeeping();
    this.options.outbox.flush();
    const deadline = performance.now() + lastCall;
    do await Bun.sleep(5);
    while (![...this.#deliveries.values()].every(({ isIdle }) => isIdle) && performance.now() < deadline);
    this.#stopSending();
    for (const delivery of this.#deliveries.values()) delivery.close();
  }

  #keep(event: PublicEvent): void {
    let body: string | undefined;
    for (const delivery of this.#deliveries.values()) {
      const { name, types } = delivery.options.receiver;
      if (!types.has(event.type) || delivery.isGone) continue;
      body ??= bodyOf(event, this.options.config.node);
      const { id: eventId, type, roomId } = event;
      this.options.outbox.add({ receiver: name, eventId, type, roomId, body });
    }
  }

  /** To be called when the configuration was read again, which changes that one object. Nothing after `stop`. */
  followConfig(): void {
    if (this.#stopped) return;
    const { config } = this.options;
    this.#limits.retryMilliseconds = this.#retryMilliseconds;
    if (config.webhookAllow !== this.#allow) this.#limits.targets = this.#readTargets();
    if (config.webhooks === this.#receivers) return;
    this.#open(readReceivers(config));
  }

  #open(receivers: readonly Receiver[]): void {
    const { outbox, clock, log, ca, timeout, config, events } = this.options;
    this.#receivers = config.webhooks;
    for (const delivery of this.#deliveries.values()) delivery.close();
    this.#deliveries.clear();
    for (const receiver of receivers) {
      const delivery = new Delivery({ receiver, outbox, clock, log, limits: this.#limits, timeout, ca });
      this.#deliveries.set(receiver.name, delivery);
    }
    this.#stopKeeping?.();
    this.#stopKeeping = receivers.length > 0 ? events.subscribe((event) => this.#keep(event)) : undefined;
    for (const { name, waiting } of outbox.states()) {
      if (waiting > 0 && !this.#deliveries.has(name))
        void outbox.kill(name, 0, 'the receiver is not configured any more');
    }
  }

  #readTargets(): Targets {
    this.#allow = this.options.config.webhookAllow;
    return new Targets(this.#allow ?? [], this.options.resolve);
  }

  get #retryMilliseconds(): number {
    return this.options.config.webhookRetryHours * hour;
  }

  #keepHouse(): void {
    const { clock, outbox, log, mostWaiting = 100_000 } = this.options;
    this.#cancelKeeping = clock.after(housekeeping, () => {
      for (const receiver of this.#deliveries.keys()) {
        void outbox
          .kill(receiver, mostWaiting, `more than ${mostWaiting} waited for the receiver`)
          .then((killed) => {
            if (killed > 0)
              log.error('the oldest webhooks were given up: too many wait', { receiver, killed });
          });
      }
      try {
        outbox.letters.prune();
      } catch (error) {
        log.error('old dead letters of webhooks cannot be discarded', { error });
      }
      this.#keepHouse();
    });
  }
}

/** The JSON text of an event, as docs/webhooks.md describes it. */
export function bodyOf({ id, type, time, roomId, sequence, data }: PublicEvent, node = hostname()): string {
  return JSON.stringify({ id, type, timestamp: new Date(time).toISOString(), roomId, sequence, node, data });
}
