import { Type } from '@sinclair/typebox';
import { typesMatching } from '../../core/public-events.ts';
import {
  addressRange,
  defaulted,
  integer,
  json,
  list,
  type Mistake,
  optional,
  type Settings,
  type ValuesOf,
} from '../kinds.ts';

/** As Standard Webhooks writes it: 24 to 64 random bytes in base64. */
const webhookSecret = Type.String({ pattern: '^whsec_[A-Za-z0-9+/]{32,86}={0,2}$' });

/** One receiver of webhooks. */
const WebhookReceiver = Type.Object(
  {
    name: Type.String({ pattern: '^[a-z][a-z0-9-]{0,31}$' }),
    /** Without a user and a password. */
    url: Type.String({ pattern: '^https?://[^/?#@\\\\\\s]+([/?][^#\\s]*)?$' }),
    /** With several, each message is signed with each of them, so that a secret can be changed without a gap. */
    secret: Type.Union([webhookSecret, Type.Array(webhookSecret, { minItems: 1, maxItems: 3 })]),
    /** Event types, or prefixes with a star; without it the default types (webhook-receivers.ts). */
    events: Type.Optional(
      Type.Array(Type.String({ pattern: '^[a-z_]*\\*?$', minLength: 1 }), { minItems: 1 }),
    ),
  },
  { additionalProperties: false },
);

/** Webhooks: what the server sends to programs when something happens. */
export const webhookSettings = {
  webhooks: optional(
    json(
      Type.Array(WebhookReceiver, { maxItems: 16 }),
      'a JSON array such as [{"name":"billing","url":"https://example.com/hooks","secret":"whsec_...","events":["room_*"]}] with at most 16 receivers, secrets of 24 to 64 bytes in base64 behind whsec_, and no user in the url',
      {
        env: 'TUREEN_WEBHOOKS',
        secret: true,
        doc: 'The receivers of webhooks, as JSON: `name`, `url`, `secret` (one or several), and `events` (types, or prefixes such as `room_*`). docs/webhooks.md explains it.',
      },
    ),
  ),
  webhookAllow: optional(
    list(addressRange, {
      env: 'TUREEN_WEBHOOK_ALLOW',
      defaultDoc: 'none',
      doc: 'Loopback, private and other special addresses to which webhooks may be sent all the same, also without TLS.',
    }),
  ),
  webhookRetryHours: defaulted(
    integer(
      { from: 1, to: 168, unit: 'hours' },
      {
        env: 'TUREEN_WEBHOOK_RETRY_HOURS',
        doc: 'How long delivery of a webhook is retried before it becomes a dead letter, in hours.',
      },
    ),
    24,
  ),
} as const satisfies Settings;

/** What the schema cannot express: unique names, valid URLs, and events that exist. */
export function webhookMistakes({ webhooks = [] }: ValuesOf<typeof webhookSettings>): Mistake[] {
  const mistakes = webhooks.flatMap(({ name, url, events = [] }, index) => [
    ...(webhooks.findIndex((other) => other.name === name) < index
      ? [`got the receiver "${name}" twice, wants another name for each`]
      : []),
    ...(URL.canParse(url)
      ? []
      : [`got a url for "${name}" that is not valid, wants one such as https://example.com/path`]),
    ...events
      .filter((pattern) => typesMatching(pattern).length === 0)
      .map((pattern) => `got the event "${pattern}" for "${name}", wants one that docs/webhooks.md lists`),
  ]);
  return mistakes.map((mistake) => ['TUREEN_WEBHOOKS', mistake]);
}
