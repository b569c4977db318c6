import { Type } from '@sinclair/typebox';
import { addressRange, defaulted, integer, json, list, optional, type Setting } from './setting-kinds.ts';

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
