import type { WebhookOutbox } from '../../src/store/webhook-outbox.ts';
import { webhooks } from '../definitions/index.ts';
import type { Page } from '../page.ts';

/** What waits in the outbox, and what became of the rest. */
export function collectWebhooks(
  page: Page,
  outbox: Pick<WebhookOutbox, 'states' | 'countsOf'>,
  now: number,
): void {
  const states = outbox.states();
  const by = (value: (state: (typeof states)[number]) => number) =>
    states.map((state) => [{ receiver: state.name }, value(state)] as const);
  page.replace(
    webhooks.webhooksWaiting,
    by(({ waiting }) => waiting),
  );
  page.replace(
    webhooks.webhookDeadLetters,
    by(({ dead }) => dead),
  );
  page.replace(
    webhooks.webhookOldest,
    by(({ oldestAt }) => (oldestAt === null ? 0 : (now - oldestAt) / 1000)),
  );
  for (const { name: receiver } of states) {
    const { delivered, failed, dead, lost } = outbox.countsOf(receiver);
    page.raise(webhooks.webhookAttempts, delivered, { receiver, result: 'delivered' });
    page.raise(webhooks.webhookAttempts, failed, { receiver, result: 'failed' });
    page.raise(webhooks.webhooksGivenUp, dead, { receiver, course: 'dead' });
    page.raise(webhooks.webhooksGivenUp, lost, { receiver, course: 'lost' });
  }
}
