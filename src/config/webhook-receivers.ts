import { type PublicEventType, publicEventTypes, typesMatching } from '../core/public-events.ts';
import type { Config } from './config.ts';

/** A receiver of webhooks, and what it is sent. */
export interface Receiver {
  readonly name: string;
  readonly url: URL;
  /** In the form `whsec_...`; each message is signed with each of them. */
  readonly secrets: readonly string[];
  readonly types: ReadonlySet<PublicEventType>;
}

const defaultPatterns = ['room_*', 'peer_*', 'producer_*', 'data_producer_*', 'node_*'];
const matched = new Set(defaultPatterns.flatMap(typesMatching));

/** What a receiver without `events` is sent: all but the frequent ones (consumers, active speakers) and workers. */
export const defaultTypes = publicEventTypes.filter((type) => matched.has(type));

/** The receivers of TUREEN_WEBHOOKS, which readConfig has validated. */
export function readReceivers({ webhooks = [] }: Pick<Config, 'webhooks'>): Receiver[] {
  return webhooks.map(({ name, url, secret, events }) => ({
    name,
    url: new URL(url),
    secrets: [secret].flat(),
    types: new Set(events?.flatMap(typesMatching) ?? defaultTypes),
  }));
}

/** The part of a receiver's address that may be shown; path and query often hold a secret. */
export function shownAddress(url: string | URL): string {
  return new URL(url).origin;
}
