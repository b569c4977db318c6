import { Webhook as Signature } from 'standardwebhooks';
import { type Receiver, shownAddress } from '../config/webhook-receivers.ts';
import type { Clock } from '../core/clock.ts';
import type { Logger } from '../core/log.ts';
import type { WaitingWebhook } from '../store/webhook-dead-letters.ts';
import type { Webhook, WebhookOutbox } from '../store/webhook-outbox.ts';
import { Lanes, type Next } from './lanes.ts';
import { post } from './post.ts';
import type { Targets } from './targets.ts';

export interface DeliveryOptions {
  readonly receiver: Receiver;
  readonly outbox: WebhookOutbox;
  readonly clock: Clock;
  readonly log: Logger;
  /** Looked at for every attempt, so that they can change. */
  readonly limits: { readonly targets: Targets; readonly retryMilliseconds: number };
  /** Milliseconds that an attempt may take. */
  readonly timeout?: number;
  readonly ca?: string;
}

type Outcome = 'delivered' | { readonly failure: string; readonly gone: boolean };

/** Rooms of which something is on its way to one receiver, or that rest after a failure: more than this wait. */
const mostRooms = 8;
const attemptTimeout = 10_000;
const firstRest = 1000;
const longestRest = 5 * 60_000;
const gone = 410;

/** Brings the webhooks of one receiver to it: in order in each room, at least once, again and again for a day. */
export class Delivery {
  readonly #lanes = new Lanes();
  readonly #attempts = new Set<AbortController>();
  /** How rooms that rest are woken up. */
  readonly #resting = new Map<string, () => void>();
  #onItsWay = 0;
  #failing = false;
  #closed = false;

  constructor(readonly options: DeliveryOptions) {
    const { receiver, outbox } = options;
    for (const waiting of outbox.waiting(receiver.name)) this.#lanes.add(waiting);
    this.#sendMore();
  }

  /** Whether its address answered 410 Gone: nothing is kept for it and nothing sent. */
  get isGone(): boolean {
    const { outbox, receiver } = this.options;
    return outbox.isGone(receiver.name, receiver.url.href);
  }

  /** Whether there is nothing to send, or the receiver is not there to take it. */
  get isIdle(): boolean {
    return this.#onItsWay === 0 && (this.#resting.size > 0 || this.isGone || this.#lanes.isEmpty);
  }

  add(waiting: WaitingWebhook): void {
    this.#lanes.add(waiting);
    this.#sendMore();
  }

  /** Ends what is on its way. What was not delivered stays in the outbox. */
  close(): void {
    this.#closed = true;
    for (const attempt of this.#attempts) attempt.abort();
    for (const cancel of this.#resting.values()) cancel();
  }

  #sendMore(): void {
    while (!this.#closed && !this.isGone && this.#onItsWay + this.#resting.size < mostRooms) {
      const next = this.#lanes.take();
      if (!next) return;
      const webhook = this.options.outbox.get(next.id);
      if (webhook) void this.#send(next, webhook);
      else this.#lanes.settle(next);
    }
  }

  async #send(next: Next, webhook: Webhook): Promise<void> {
    this.#onItsWay += 1;
    const outcome = await this.#attempt(webhook);
    // Whether one that was cut off arrived is not known, so it is sent again after the restart.
    if (!this.#closed) await this.#settle(next, webhook, outcome);
    this.#onItsWay -= 1;
    this.#sendMore();
  }

  async #attempt({ eventId, body }: Webhook): Promise<Outcome> {
    const { receiver, limits, clock, timeout = attemptTimeout, ca } = this.options;
    const attempt = new AbortController();
    const cancel = clock.after(timeout, () => attempt.abort());
    this.#attempts.add(attempt);
    const headers = signedHeaders(receiver, eventId, new Date(clock.now()), body);
    const { targets } = limits;
    try {
      const status = await post({ url: receiver.url, headers, body, targets, signal: attempt.signal, ca });
      if (status >= 200 && status < 300) return 'delivered';
      return { failure: `it answered ${status}`, gone: status === gone };
    } catch (error) {
      const failure = attempt.signal.aborted ? `no answer within ${timeout} ms` : (error as Error).message;
      return { failure, gone: false };
    } finally {
      cancel();
      this.#attempts.delete(attempt);
    }
  }

  async #settle(next: Next, webhook: Webhook, outcome: Outcome): Promise<void> {
    const { outbox, clock, limits, log, receiver } = this.options;
    this.#tellChange(outcome);
    if (outcome === 'delivered') {
      await outbox.delivered(webhook);
      this.#lanes.settle(next);
      return;
    }
    if (outcome.gone && !this.isGone) this.#giveUp();
    const { failure } = outcome;
    const isLast = this.isGone || clock.now() - webhook.retryFrom >= limits.retryMilliseconds;
    await outbox.failed(webhook, failure, isLast);
    if (!isLast) return this.#rest(next.lane, webhook.attempts);
    log.error('a webhook was given up', { receiver: receiver.name, event: webhook.eventId, failure });
    this.#lanes.settle(next);
  }

  #rest(lane: string, failedBefore: number): void {
    if (this.#closed) return;
    const rest = restAfter(failedBefore);
    this.#resting.set(
      lane,
      this.options.clock.after(rest, () => {
        this.#resting.delete(lane);
        this.#lanes.release(lane);
        this.#sendMore();
      }),
    );
  }

  /** Standard Webhooks: who answers 410 Gone wants nothing more. */
  #giveUp(): void {
    const { outbox, receiver, log } = this.options;
    log.error('a receiver of webhooks answered 410 Gone; nothing is sent to it until it is resumed', {
      receiver: receiver.name,
      address: shownAddress(receiver.url),
    });
    outbox.markGone(receiver.name, receiver.url.href);
    void outbox.kill(receiver.name, 0, 'the receiver answered 410 Gone before this one was sent');
  }

  #tellChange(outcome: Outcome): void {
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
function signedHeaders({ secrets }: Receiver, eventId: string, sentAt: Date, body: string) {
  return {
    'content-type': 'application/json',
    'user-agent': 'Tureen',
    'webhook-id': eventId,
    'webhook-timestamp': String(Math.floor(sentAt.getTime() / 1000)),
    'webhook-signature': secrets.map((secret) => new Signature(secret).sign(eventId, sentAt, body)).join(' '),
  };
}

/** Doubles from a second to five minutes; up to a third less by chance, so that rooms do not come all at once. */
export function restAfter(failedBefore: number, random = Math.random): number {
  return Math.min(longestRest, firstRest * 2 ** failedBefore) * (1 - random() / 3);
}
