import { counter, cross, gauge, open } from './define.ts';

/** Receivers come from the configuration, which takes sixteen; those of earlier ones are counted as `other`. */
const mostReceivers = 16;
const receiverLabel = open('receiver', mostReceivers);

export const webhookAttempts = counter({
  name: 'tureen_webhook_attempts_total',
  help: 'Attempts to deliver a webhook, by receiver: a failed one is tried again.',
  source: 'state',
  labels: open('receiver', mostReceivers, cross({ result: ['delivered', 'failed'] })),
});
export const webhooksGivenUp = counter({
  name: 'tureen_webhooks_given_up_total',
  help: 'Webhooks that were given up, by receiver: dead can be replayed, lost could not be written since the disk was full.',
  source: 'state',
  labels: open('receiver', mostReceivers, cross({ course: ['dead', 'lost'] })),
});
export const webhooksWaiting = gauge({
  name: 'tureen_webhooks_waiting',
  help: 'Webhooks that are to be delivered, by receiver.',
  source: 'state',
  labels: receiverLabel,
});
export const webhookOldest = gauge({
  name: 'tureen_webhook_oldest_seconds',
  help: 'How long the oldest webhook that is to be delivered has waited, by receiver; 0 when none does.',
  unit: 'seconds',
  source: 'state',
  labels: receiverLabel,
});
export const webhookDeadLetters = gauge({
  name: 'tureen_webhook_dead_letters',
  help: 'Dead letters that somebody may replay or discard, by receiver.',
  source: 'state',
  labels: receiverLabel,
});
