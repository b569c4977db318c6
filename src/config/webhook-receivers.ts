import type { Config } from './config.ts';
import { type EventType, eventTypes, typesNamed } from './settings/webhooks.ts';

/** Who is told, of what. */
export interface Receiver {
  readonly name: string;
  readonly url: URL;
  /** In the form `whsec_...`; each of them signs. */
  readonly secrets: readonly string[];
  readonly types: ReadonlySet<EventType>;
}

/** What a receiver gets that names no events: everything but what comes with every consumer and every word spoken. */
const usual = ['room_*', 'peer_*', 'producer_*', 'data_producer_*', 'node_*'].flatMap(typesNamed);
export const defaultTypes = eventTypes.filter((type) => usual.includes(type));

/** The receivers of TUREEN_WEBHOOKS, which the configuration has checked. */
export function readReceivers({ webhooks = [] }: Pick<Config, 'webhooks'>): Receiver[] {
  return webhooks.map(({ name, url, secret, events }) => ({
    name,
    url: new URL(url),
    secrets: [secret].flat(),
    types: new Set(events?.flatMap(typesNamed) ?? defaultTypes),
  }));
}

/** What may be shown of an address: the rest often is a secret. */
export function shownAddress(url: string | URL): string {
  return new URL(url).origin;
}
