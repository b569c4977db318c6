import { base64, fromBase64, isSame, sign } from './signing.ts';
import type { WebhookData } from './tables.ts';

export type WebhookType = keyof WebhookData;

/** A webhook by its type, which determines the type of its `data` (docs/webhooks.md). */
export type WebhookEvent = { [T in WebhookType]: WebhookOf<T> }[WebhookType];

export interface WebhookOf<T extends WebhookType> {
  /** The same in every attempt: an event can arrive more than once. */
  readonly id: string;
  readonly type: T;
  /** ISO 8601. */
  readonly timestamp: string;
  /** Null for what concerns the node. */
  readonly roomId: string | null;
  /** Counts the events of one life of a room, from 1, without gaps. */
  readonly sequence: number | null;
  /** Where it happened. */
  readonly node: string;
  readonly data: WebhookData[T];
}

/** The request is not from your server, or is an old one that somebody sends again: answer it with 400. */
export class WebhookVerificationError extends Error {
  override readonly name = 'WebhookVerificationError';
}

export interface VerifyOptions {
  /** As in TUREEN_WEBHOOKS, `whsec_...`; several while it is being changed. */
  readonly secret: string | readonly string[];
  /** The headers of the request: a Headers, or an object with names in small letters. */
  readonly headers: Headers | Readonly<Record<string, string | readonly string[] | undefined>>;
  /** The body as it came, before anything has parsed it: the signature covers every character. */
  readonly body: string;
  /** How far the clocks may differ, in seconds. Default: five minutes. */
  readonly toleranceSeconds?: number;
}

/**
 * Verifies a webhook by its signature (https://www.standardwebhooks.com) and reads it.
 * @throws WebhookVerificationError
 */
export async function verifyWebhook(options: VerifyOptions): Promise<WebhookEvent> {
  const { secret, headers, body, toleranceSeconds = 300 } = options;
  const secrets = typeof secret === 'string' ? [secret] : secret;
  const id = headerOf(headers, 'webhook-id');
  const timestamp = headerOf(headers, 'webhook-timestamp');
  const signatures = headerOf(headers, 'webhook-signature').split(' ');
  const age = Math.abs(Date.now() / 1000 - Number(timestamp));
  if (!/^\d+$/.test(timestamp) || age > toleranceSeconds)
    throw new WebhookVerificationError('the timestamp is too old or too new; check the clock');
  const expected = await Promise.all(secrets.map((each) => signatureOf(each, `${id}.${timestamp}.${body}`)));
  if (!signatures.some((given) => expected.some((right) => isSame(given, right))))
    throw new WebhookVerificationError(
      'no signature matches; check the secret, and that the body is unparsed',
    );
  return JSON.parse(body) as WebhookEvent;
}

async function signatureOf(secret: string, content: string): Promise<string> {
  const bytes = fromBase64(secret.replace(/^whsec_/, ''));
  if (!bytes?.length) throw new TypeError('a webhook secret is "whsec_" and base64, as in TUREEN_WEBHOOKS');
  return `v1,${base64(await sign(bytes, content))}`;
}

function headerOf(headers: VerifyOptions['headers'], name: string): string {
  const value = headers instanceof Headers ? headers.get(name) : headers[name];
  const text = typeof value === 'object' ? value?.[0] : value;
  if (text) return text;
  throw new WebhookVerificationError(`the header ${name} is missing`);
}
