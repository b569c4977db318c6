import { Webhook as Signature } from 'standardwebhooks';
import { type Receiver, shownAddress } from '../config/webhook-receivers.ts';
import type { Clock } from '../core/clock.ts';
import type { Logger } from '../core/log.ts';
import type { WaitingWebhook } from '../store/webhook-dead-letters.ts';
import type { Webhook, WebhookOutbox } from '../store/webhook-outbox.ts';
import { post } from './post.ts';
import { type NextWebhook, RoomQueues } from './room-queues.ts';
import type { Targets } from './targets.ts';

export interface DeliveryOptions {
  readonly receiver: Receiver;
  readonly outbox: WebhookOutbox;
  readonly clock: Clock;
  readonly log: Logger;
  /** Read again for every attempt, so that they can change. */
  readonly limits: { readonly targets: Targets; readonly retryMilliseconds: number };
  /** How long an attempt may take; ten seconds by default. */
  readonly attemptTimeoutMs?: number;
  /** Certificates to trust instead of the system's. */
  readonly ca?: string;
}

type Outcome = 'delivered' | { readonly failure: string; readonly gone: boolean };

/** Rooms of one receiver that are sent or back off at the same time; the others wait for their turn. */
const maxParallelRooms = 8;
const defaultAttemptTimeoutMs = 10_000;
const firstRetryDelayMs = 1000;
const maxRetryDelayMs = 5 * 60_000;
const goneStatus = 410;

/** Delivers the webhooks of one receiver: at least once, in order within each room, with retries for a day. */
export class Delivery {
  readonly #queues = new RoomQueues();
  readonly #attempts = new Set<AbortController>();
  /** Rooms that back off after a failure, with what cancels the retry. */
  readonly #backingOff = new Map<string, () => void>();
  #sending = 0;
  #failing = false;
  #closed = false;

  constructor(readonly options: DeliveryOptions) {
    const { receiver, outbox } = options;
    for (const waiting of outbox.waiting(receiver.name)) this.#queues.add(waiting);
    this.#sendMore();
  }

  /** Whether the receiver answered 410 Gone: it gets nothing, and nothing is stored for it. */
  get isGone(): boolean {
    const { outbox, receiver } = this.options;
    return outbox.isGone(receiver.name, receiver.url.href);
  }

  /** Whether nothing is being sent, because there is nothing to send or the receiver does not take it. */
  get isIdle(): boolean {
    return this.#sending === 0 && (this.#backingOff.size > 0 || this.isGone || this.#queues.isEmpty);
  }

  add(waiting: WaitingWebhook): void {
    this.#queues.add(waiting);
    this.#sendMore();
  }

  /** Aborts all attempts. What was not delivered stays in the outbox. */
  close(): void {
    this.#closed = true;
    for (const attempt of this.#attempts) attempt.abort();
    for (const cancel of this.#backingOff.values()) cancel();
  }

  #sendMore(): void {
    while (!this.#closed && !this.isGone && this.#sending + this.#backingOff.size < maxParallelRooms) {
      const next = this.#queues.take();
      if (!next) return;
      this.#sendNext(next);
    }
  }

  #sendNext(next: NextWebhook): void {
    try {
      const webhook = this.options.outbox.get(next.id);
      if (webhook) void this.#send(next, webhook);
      else this.#queues.settle(next);
    } catch {
      // The database cannot be read at the moment, which it has logged.
      this.#backOff(next.room, 0);
    }
  }

  async #send(next: NextWebhook, webhook: Webhook): Promise<void> {
    this.#sending += 1;
    const outcome = await this.#attempt(webhook);
    // An aborted attempt may have arrived or not, so the webhook is sent again after the restart.
    if (!this.#closed) await this.#settle(next, webhook, outcome);
    this.#sending -= 1;
    this.#sendMore();
  }

  async #attempt({ eventId, body }: Webhook): Promise<Outcome> {
    const { receiver, limits, clock, attemptTimeoutMs = defaultAttemptTimeoutMs, ca } = this.options;
    const attempt = new AbortController();
    const cancel = clock.after(attemptTimeoutMs, () => attempt.abort());
    this.#attempts.add(attempt);
    const headers = signedHeaders(receiver, { eventId, sentAt: new Date(clock.now()), body });
    const { targets } = limits;
    try {
      const status = await post({ url: receiver.url, headers, body, targets, signal: attempt.signal, ca });
      if (status >= 200 && status < 300) return 'delivered';
      return { failure: `it answered ${status}`, gone: status === goneStatus };
    } catch (error) {
      const timedOut = attempt.signal.aborted;
      const failure = timedOut ? `no answer within ${attemptTimeoutMs} ms` : (error as Error).message;
      return { failure, gone: false };
    } finally {
      cancel();
      this.#attempts.delete(attempt);
    }
  }

  async #settle(next: NextWebhook, webhook: Webhook, outcome: Outcome): Promise<void> {
    const { outbox, clock, limits, log, receiver } = this.options;
    this.#logChange(outcome);
    if (outcome === 'delivered') {
      await outbox.delivered(webhook);
      this.#queues.settle(next);
      return;
    }
    if (outcome.gone && !this.isGone) this.#giveUpReceiver();
    const { failure } = outcome;
    const isLast = this.isGone || clock.now() - webhook.retryFrom >= limits.retryMilliseconds;
    await outbox.failed(webhook, failure, isLast);
    if (!isLast) return this.#backOff(next.room, webhook.attempts);
    log.error('a webhook was given up', { receiver: receiver.name, event: webhook.eventId, failure });
    this.#queues.settle(next);
  }

  #backOff(room: string, earlierFailures: number): void {
    if (this.#closed) return;
    const cancel = this.options.clock.after(retryDelayMs(earlierFailures), () => {
      this.#backingOff.delete(room);
      this.#queues.release(room);
      this.#sendMore();
    });
    this.#backingOff.set(room, cancel);
  }

  /** Standard Webhooks: a receiver that answers 410 Gone wants no more webhooks. */
  #giveUpReceiver(): void {
    const { outbox, receiver, log } = this.options;
    log.error('a receiver of webhooks answered 410 Gone; nothing is sent to it until it is resumed', {
      receiver: receiver.name,
      address: shownAddress(receiver.url),
    });
    outbox.markGone(receiver.name, receiver.url.href);
    const error = 'the receiver answered 410 Gone before this one was sent';
    void outbox.giveUpOldest(receiver.name, { keep: 0, error });
  }

  /** Logs when deliveries begin to fail and when they work again, not every failure. */
  #logChange(outcome: Outcome): void {
    const failing = outcome !== 'delivered';
    if (failing === this.#failing) return;
    this.#failing = failing;
    const { receiver, log } = this.options;
    const fields = { receiver: receiver.name, address: shownAddress(receiver.url) };
    if (!failing) log.info('webhooks are delivered again', fields);
    else
      log.warn('webhooks are not delivered; they are tried again', { ...fields, failure: outcome.failure });
  }
}

/** The headers of Standard Webhooks: https://www.standardwebhooks.com. */
function signedHeaders(
  { secrets }: Receiver,
  { eventId, sentAt, body }: { eventId: string; sentAt: Date; body: string },
) {
  return {
    'content-type': 'application/json',
    'user-agent': 'Tureen',
    'webhook-id': eventId,
    'webhook-timestamp': String(Math.floor(sentAt.getTime() / 1000)),
    'webhook-signature': secrets.map((secret) => new Signature(secret).sign(eventId, sentAt, body)).join(' '),
  };
}

/**
 * The delay before a retry. It doubles from one second to five minutes, and is shortened by a random part of up to a
 * third, so that the rooms do not all retry at once.
 */
export function retryDelayMs(earlierFailures: number, random = Math.random): number {
  return Math.min(maxRetryDelayMs, firstRetryDelayMs * 2 ** earlierFailures) * (1 - random() / 3);
}
