import { hostname } from 'node:os';
import type { Config } from '../config/config.ts';
import { type Receiver, readReceivers } from '../config/webhook-receivers.ts';
import type { Clock } from '../core/clock.ts';
import type { Logger } from '../core/log.ts';
import type { EventStream, HeldEvent, PublicEvent } from '../public-events/stream.ts';
import type { WebhookOutbox } from '../store/webhook-outbox.ts';
import { Delivery } from './delivery.ts';
import { type Resolve, Targets } from './targets.ts';

export interface WebhooksOptions {
  readonly config: Pick<Config, 'webhooks' | 'webhookAllow' | 'webhookRetryHours' | 'node'>;
  readonly events: EventStream;
  readonly outbox: WebhookOutbox;
  readonly clock: Clock;
  readonly log: Logger;
  /** Resolves host names; c-ares by default. */
  readonly resolve?: Resolve;
  /** Certificates to trust instead of the system's. */
  readonly ca?: string;
  /** How long an attempt may take. */
  readonly attemptTimeoutMs?: number;
  /** How many webhooks may wait for one receiver; beyond that the oldest are given up. */
  readonly maxWaiting?: number;
}

const hourMs = 3600_000;
const cleanupIntervalMs = 10_000;
/** How long a stop waits for the last events to be delivered. */
const stopTimeoutMs = 2000;

/** Sends events to programs over HTTP. Each event stays in the outbox until every receiver that wants it has it. */
export class Webhooks {
  readonly #deliveries = new Map<string, Delivery>();
  readonly #limits: { targets: Targets; retryMilliseconds: number };
  /** The settings in effect, to notice when they change. */
  #receivers: Config['webhooks'];
  #allow: Config['webhookAllow'];
  #cancelCleanup: () => void = () => {};
  #stopSending: () => void = () => {};
  #stopped = false;
  /** Ends the subscription to events. Without receivers there is none, so that the stream keeps no events for it. */
  #unsubscribe: (() => void) | undefined;

  constructor(private readonly options: WebhooksOptions) {
    this.#limits = { targets: this.#readTargets(), retryMilliseconds: this.#retryMilliseconds };
  }

  /** Starts sending what waits in the outbox and what happens from now on. Call `stop` to end it, also when this throws. */
  start(): void {
    const { config, outbox } = this.options;
    this.#open(readReceivers(config));
    this.#stopSending = outbox.onWaiting((waiting) => this.#deliveries.get(waiting.receiver)?.add(waiting));
    this.#scheduleCleanup();
  }

  /** Waits a moment for the last events to be delivered, then stops. The rest stays in the outbox. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#unsubscribe?.();
    this.#cancelCleanup();
    this.options.outbox.flush();
    const deadline = performance.now() + stopTimeoutMs;
    do await Bun.sleep(5);
    while (![...this.#deliveries.values()].every(({ isIdle }) => isIdle) && performance.now() < deadline);
    this.#stopSending();
    for (const delivery of this.#deliveries.values()) delivery.close();
  }

  #store(event: PublicEvent): void {
    // What was held is released by who held it.
    if (event.held) return;
    const { key: eventId, type, roomId } = event;
    for (const { receiver, body } of this.bodiesOf(event))
      this.options.outbox.add({ receiver, eventId, type, roomId, body });
  }

  /** What the receivers get that want such an event. */
  bodiesOf(event: HeldEvent): { readonly receiver: string; readonly body: string }[] {
    let body: string | undefined;
    return [...this.#deliveries.values()].flatMap((delivery) => {
      const { name: receiver, types } = delivery.options.receiver;
      if (!types.has(event.type) || delivery.isGone) return [];
      body ??= bodyOf(event, this.options.config.node);
      return [{ receiver, body }];
    });
  }

  /** Call it after the configuration was read again into the same object. After `stop` it does nothing. */
  followConfig(): void {
    if (this.#stopped) return;
    const { config } = this.options;
    this.#limits.retryMilliseconds = this.#retryMilliseconds;
    if (config.webhookAllow !== this.#allow) this.#limits.targets = this.#readTargets();
    if (config.webhooks === this.#receivers) return;
    this.#open(readReceivers(config));
  }

  #open(receivers: readonly Receiver[]): void {
    const { outbox, clock, log, ca, attemptTimeoutMs, config, events } = this.options;
    this.#receivers = config.webhooks;
    for (const delivery of this.#deliveries.values()) delivery.close();
    this.#deliveries.clear();
    for (const receiver of receivers) {
      const shared = { outbox, clock, log, limits: this.#limits, attemptTimeoutMs, ca };
      this.#deliveries.set(receiver.name, new Delivery({ receiver, ...shared }));
    }
    this.#unsubscribe?.();
    this.#unsubscribe = receivers.length > 0 ? events.subscribe((event) => this.#store(event)) : undefined;
    for (const { name, waiting } of outbox.states()) {
      if (waiting > 0 && !this.#deliveries.has(name))
        void outbox.giveUpOldest(name, { keep: 0, error: 'the receiver is not configured any more' });
    }
  }

  #readTargets(): Targets {
    this.#allow = this.options.config.webhookAllow;
    return new Targets(this.#allow ?? [], this.options.resolve);
  }

  get #retryMilliseconds(): number {
    return this.options.config.webhookRetryHours * hourMs;
  }

  #scheduleCleanup(): void {
    const { clock, outbox, log } = this.options;
    this.#cancelCleanup = clock.after(cleanupIntervalMs, () => {
      for (const receiver of this.#deliveries.keys()) void this.#giveUpSurplus(receiver);
      try {
        outbox.deadLetters.prune();
      } catch (error) {
        log.error('old dead letters of webhooks cannot be deleted', { error });
      }
      this.#scheduleCleanup();
    });
  }

  async #giveUpSurplus(receiver: string): Promise<void> {
    const { outbox, log, maxWaiting = 100_000 } = this.options;
    const error = `more than ${maxWaiting} waited for the receiver`;
    const givenUp = await outbox.giveUpOldest(receiver, { keep: maxWaiting, error });
    if (givenUp > 0) log.error('too many webhooks wait: the oldest were given up', { receiver, givenUp });
  }
}

/** The body of an event's webhook, as docs/webhooks.md describes it. */
export function bodyOf(
  { key: id, type, time, roomId, sequence, data }: HeldEvent,
  node = hostname(),
): string {
  return JSON.stringify({ id, type, timestamp: new Date(time).toISOString(), roomId, sequence, node, data });
}
