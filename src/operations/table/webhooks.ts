import { type Static, Type } from '@sinclair/typebox';
import { readReceivers, shownAddress } from '../../config/webhook-receivers.ts';
import { SfuError } from '../../core/errors.ts';
import { Id, orNull, Reason } from '../../core/schemas.ts';
import type { WebhookOutbox } from '../../store/webhook-outbox.ts';
import { defineOperation, type OperationContext, requesterOf } from '../operation.ts';
import { pageOfRows } from '../paging.ts';
import { pageOf, paging, params, time } from '../schemas.ts';

const Name = Type.String({ minLength: 1, maxLength: 32, description: 'A receiver of TUREEN_WEBHOOKS' });

const Receiver = Type.Object({
  name: Name,
  address: Type.String({ description: 'Scheme, host and port of its URL; the rest is not shown' }),
  events: Type.Array(Type.String(), { description: 'The types of events that it gets' }),
  waiting: Type.Integer({ description: 'Webhooks that are not delivered yet' }),
  oldestAt: orNull(Type.Integer(), 'When the oldest of those was created'),
  deadLetters: Type.Integer(),
  deliveredAt: orNull(Type.Integer(), 'When a webhook was last delivered'),
  failedAt: orNull(Type.Integer(), 'When an attempt last failed'),
  error: Type.String({ description: 'Why that attempt failed' }),
  gone: Type.Boolean({ description: 'It answered 410 Gone and gets nothing until it is resumed' }),
});

const DeadLetter = Type.Object({
  id: Type.Integer(),
  receiver: Name,
  eventId: Type.String({ description: 'The webhook-id' }),
  type: Type.String(),
  roomId: orNull(Id, 'Null for events of the node'),
  body: Type.String({ description: 'The JSON text that is sent' }),
  createdAt: time('When the event happened'),
  diedAt: time('When it was given up'),
  attempts: Type.Integer(),
  error: Type.String({ description: 'Why the last attempt failed, or why there was none' }),
});

const selection = {
  receiver: Type.Optional(Name),
  ids: Type.Optional(
    Type.Array(Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }), {
      minItems: 1,
      maxItems: 1000,
    }),
  ),
  reason: Type.Optional(Reason),
};
const Counted = Type.Object({ count: Type.Integer({ description: 'How many there were' }) });

export const listWebhooks = defineOperation({
  name: 'listWebhooks',
  verb: 'GET',
  path: '/webhooks',
  doc: 'The receivers of webhooks and the state of their deliveries.',
  scope: 'node',
  params: params({}),
  result: Type.Object({ items: Type.Array(Receiver) }),
  errors: [],
  example: {},
  run: ({ config, store }) => ({ items: describeReceivers(config, store.webhooks) }),
});

export const resumeWebhook = defineOperation({
  name: 'resumeWebhook',
  verb: 'POST',
  path: '/webhooks/:name/resume',
  doc: 'Resumes sending to a receiver that answered 410 Gone, from the next event on. Does nothing for other receivers.',
  scope: 'node',
  params: params({ name: Name, reason: Type.Optional(Reason) }),
  result: Receiver,
  errors: ['not_found'],
  example: { name: 'billing' },
  run(context, { name, reason }) {
    const { config, store } = context;
    const find = () => describeReceivers(config, store.webhooks).find((receiver) => receiver.name === name);
    if (!find()) throw unknownReceiver(name);
    store.audit.record({ ...requesterOf(context, reason), action: 'webhooks.resume', details: { name } });
    store.webhooks.resume(name);
    const receiver = find();
    if (!receiver) throw unknownReceiver(name);
    return receiver;
  },
});

/** The former name and path of `resumeWebhook`, for one version. */
export const letInWebhook = defineOperation({
  ...resumeWebhook,
  name: 'letInWebhook',
  path: '/webhooks/:name/let-in',
  doc: 'Deprecated; use resumeWebhook, which does the same. This name is removed in the next version.',
  deprecated: true,
});

export const listDeadLetters = defineOperation({
  name: 'listDeadLetters',
  verb: 'GET',
  path: '/webhooks/dead-letters',
  doc: 'Webhooks that were given up, the newest events first. They are kept for 30 days, at most 10,000 of them.',
  scope: 'node',
  params: params({ receiver: Type.Optional(Name), ...paging }),
  result: pageOf(DeadLetter),
  errors: [],
  example: { receiver: 'billing' },
  run: ({ store }, { receiver, ...query }) =>
    pageOfRows((page) => store.webhooks.deadLetters.list({ receiver, ...page }), query),
});

export const replayDeadLetters = defineOperation({
  name: 'replayDeadLetters',
  verb: 'POST',
  path: '/webhooks/dead-letters/replay',
  doc: 'Sends dead letters again, with the same ids: the ones with the given ids, those of a receiver, or all.',
  scope: 'node',
  params: params(selection),
  result: Counted,
  status: 202,
  errors: [],
  example: { receiver: 'billing' },
  async run(context, { reason, ...search }) {
    const { store } = context;
    const count = store.webhooks.replay(search);
    const intent = { ...requesterOf(context, reason), action: 'webhooks.replay' };
    store.audit.note({ ...intent, details: { ...search, count } }, { result: 'done' });
    await store.synced();
    return { count };
  },
});

export const discardDeadLetters = defineOperation({
  name: 'discardDeadLetters',
  verb: 'POST',
  path: '/webhooks/dead-letters/discard',
  doc: 'Deletes dead letters: the ones with the given ids, those of a receiver, or all.',
  scope: 'node',
  params: params(selection),
  result: Counted,
  errors: [],
  example: { receiver: 'billing' },
  async run(context, { reason, ...search }) {
    const { store } = context;
    const count = store.webhooks.deadLetters.discard(search);
    const intent = { ...requesterOf(context, reason), action: 'webhooks.discard' };
    store.audit.note({ ...intent, details: { ...search, count } }, { result: 'done' });
    await store.synced();
    return { count };
  },
});

function describeReceivers(
  config: OperationContext['config'],
  outbox: WebhookOutbox,
): Static<typeof Receiver>[] {
  const states = new Map(outbox.states().map((state) => [state.name, state]));
  return readReceivers(config).map(({ name, url, types }) => {
    const state = states.get(name);
    return {
      name,
      address: shownAddress(url),
      events: [...types],
      waiting: state?.waiting ?? 0,
      oldestAt: state?.oldestAt ?? null,
      deadLetters: state?.dead ?? 0,
      deliveredAt: state?.deliveredAt ?? null,
      failedAt: state?.failedAt ?? null,
      error: state?.error ?? '',
      gone: outbox.isGone(name, url.href),
    };
  });
}

function unknownReceiver(name: string): SfuError {
  return new SfuError(
    'not_found',
    `there is no receiver "${name}"; listWebhooks lists those of TUREEN_WEBHOOKS`,
  );
}
