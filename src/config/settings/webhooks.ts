import { type Static, Type } from '@sinclair/typebox';
import { addressRange, defaulted, integer, json, list, optional, type Setting } from '../kinds.ts';

/**
 * What programs are told, by webhook and on the control socket; src/public-events/catalogue.ts says when. The words are
 * stable.
 */
export const eventTypes = [
  'room_started',
  'room_changed',
  'room_locked',
  'room_unlocked',
  'room_finished',
  'peer_joined',
  'peer_renamed',
  'peer_permissions_changed',
  'peer_metadata_changed',
  'peer_left',
  'peer_removed',
  'producer_opened',
  'producer_paused',
  'producer_resumed',
  'producer_closed',
  'consumer_opened',
  'consumer_closed',
  'data_producer_opened',
  'data_producer_closed',
  'active_speaker',
  'node_draining',
  'node_drain_cancelled',
  'node_drained',
  'worker_started',
  'worker_died',
] as const;
export type EventType = (typeof eventTypes)[number];

/** The form of Standard Webhooks: 24 to 64 random bytes in base64. */
const webhookSecret = Type.String({ pattern: '^whsec_[A-Za-z0-9+/]{32,86}={0,2}$' });

/** One that is told by webhook what happens. */
export const WebhookReceiver = Type.Object(
  {
    name: Type.String({ pattern: '^[a-z][a-z0-9-]{0,31}$' }),
    /** Without a user and a password. */
    url: Type.String({ pattern: '^https?://[^/?#@\\\\\\s]+([/?][^#\\s]*)?$' }),
    /** Several sign each message with each of them, so that a secret can be changed without a gap. */
    secret: Type.Union([webhookSecret, Type.Array(webhookSecret, { minItems: 1, maxItems: 3 })]),
    /** Event types, or their beginnings with a star; the usual ones without. */
    events: Type.Optional(
      Type.Array(Type.String({ pattern: '^[a-z_]*\\*?$', minLength: 1 }), { minItems: 1 }),
    ),
  },
  { additionalProperties: false },
);

/** Settings of what the server tells programs by itself. */
export const webhookSettings = {
  webhooks: optional(
    json(
      Type.Array(WebhookReceiver, { maxItems: 16 }),
      'a JSON array such as [{"name":"billing","url":"https://example.com/hooks","secret":"whsec_...","events":["room_*"]}] with at most 16 receivers, secrets of 24 to 64 bytes in base64 behind whsec_, and no user in the url',
      {
        env: 'TUREEN_WEBHOOKS',
        secret: true,
        doc: 'Who is told by webhook what happens, as JSON: `name`, `url`, `secret` (one or several), and `events` (types, or beginnings such as `room_*`). docs/webhooks.md explains it.',
      },
    ),
  ),
  webhookAllow: optional(
    list(addressRange, {
      env: 'TUREEN_WEBHOOK_ALLOW',
      defaultDoc: 'none',
      doc: 'Loopback, private and other special addresses to which webhooks may go nevertheless, and to which they may go without TLS.',
    }),
  ),
  webhookRetryHours: defaulted(
    integer(
      { from: 1, to: 168, unit: 'hours' },
      {
        env: 'TUREEN_WEBHOOK_RETRY_HOURS',
        doc: 'How long the delivery of a webhook is tried before it becomes a dead letter, in hours.',
      },
    ),
    24,
  ),
} as const satisfies Record<string, Setting>;

/** The types that a receiver's word stands for: one, or all with that beginning. Empty when there are none. */
export function typesNamed(wanted: string): readonly EventType[] {
  const start = wanted.endsWith('*') ? wanted.slice(0, -1) : undefined;
  return eventTypes.filter((type) => (start === undefined ? type === wanted : type.startsWith(start)));
}

/** What the schema cannot say of the receivers: one line for each mistake, with the variable before it. */
export function webhookMistakes(receivers: readonly Static<typeof WebhookReceiver>[]): string[] {
  const mistakes = receivers.flatMap(({ name, url, events = [] }, index) => [
    ...(receivers.findIndex((other) => other.name === name) < index
      ? [`got the receiver "${name}" twice, wants another name for each`]
      : []),
    ...(URL.canParse(url) ? [] : [`got a url for "${name}" that is none, wants https://example.com/path`]),
    ...events
      .filter((wanted) => typesNamed(wanted).length === 0)
      .map((wanted) => `got the event "${wanted}" for "${name}", wants one that docs/webhooks.md lists`),
  ]);
  return mistakes.map((mistake) => `TUREEN_WEBHOOKS: ${mistake}`);
}
