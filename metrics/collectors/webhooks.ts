import type { Collector } from '../collector.ts';
import { counter, cross, gauge, open } from '../define.ts';

/** Receivers come from the configuration, which takes sixteen; those of earlier ones are counted as `other`. */
const mostReceivers = 16;
const receiverLabel = open('receiver', mostReceivers);

export const metrics = {
  attempts: counter({
    name: 'tureen_webhook_attempts_total',
    help: 'Attempts to deliver a webhook, by receiver: a failed one is tried again.',
    source: 'state',
    labels: open('receiver', mostReceivers, cross({ result: ['delivered', 'failed'] })),
  }),
  givenUp: counter({
    name: 'tureen_webhooks_given_up_total',
    help: 'Webhooks that were given up, by receiver: dead can be replayed, lost could not be written since the disk was full.',
    source: 'state',
    labels: open('receiver', mostReceivers, cross({ course: ['dead', 'lost'] })),
  }),
  waiting: gauge({
    name: 'tureen_webhooks_waiting',
    help: 'Webhooks that are to be delivered, by receiver.',
    source: 'state',
    labels: receiverLabel,
  }),
  oldest: gauge({
    name: 'tureen_webhook_oldest_seconds',
    help: 'How long the oldest webhook that is to be delivered has waited, by receiver; 0 when none does.',
    unit: 'seconds',
    source: 'state',
    labels: receiverLabel,
  }),
  deadLetters: gauge({
    name: 'tureen_webhook_dead_letters',
    help: 'Dead letters that somebody may replay or discard, by receiver.',
    source: 'state',
    labels: receiverLabel,
  }),
};

/** What waits in the outbox, and what became of the rest. */
export const webhooks: Collector = {
  name: 'webhooks',
  title: 'Webhooks',
  metrics,
  start({ page, webhooks: outbox, clock, onScrape }) {
    if (!outbox) return;
    onScrape(() => {
      const now = clock.now();
      const states = outbox.states();
      const by = (value: (state: (typeof states)[number]) => number) =>
        states.map((state) => [{ receiver: state.name }, value(state)] as const);
      page.replace(
        metrics.waiting,
        by(({ waiting }) => waiting),
      );
      page.replace(
        metrics.deadLetters,
        by(({ dead }) => dead),
      );
      page.replace(
        metrics.oldest,
        by(({ oldestAt }) => (oldestAt === null ? 0 : (now - oldestAt) / 1000)),
      );
      for (const { name: receiver } of states) {
        const { delivered, failed, dead, lost } = outbox.countsOf(receiver);
        page.raise(metrics.attempts, delivered, { receiver, result: 'delivered' });
        page.raise(metrics.attempts, failed, { receiver, result: 'failed' });
        page.raise(metrics.givenUp, dead, { receiver, course: 'dead' });
        page.raise(metrics.givenUp, lost, { receiver, course: 'lost' });
      }
    });
  },
};
