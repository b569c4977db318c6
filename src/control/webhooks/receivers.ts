import type { Config } from '../../config.ts';
import { type PublicEventType, publicEventTypes } from '../public-events.ts';

/** Who is told, of what. */
export interface Receiver {
  readonly name: string;
  readonly url: URL;
  /** In the form `whsec_...`; each of them signs. */
  readonly secrets: readonly string[];
  readonly types: ReadonlySet<PublicEventType>;
}

/** What a receiver gets that names no events: everything but what comes with every consumer and every word spoken. */
const usual: readonly RegExp[] = [/^room_/, /^peer_/, /^producer_/, /^data_producer_/, /^node_/];

export const defaultTypes = publicEventTypes.filter((type) => usual.some((pattern) => pattern.test(type)));

/**
 * The receivers of TUREEN_WEBHOOKS.
 * @throws Error that names the receiver and what is wrong: an address that is none, an event that does not exist
 */
export function readReceivers({ webhooks = [] }: Pick<Config, 'webhooks'>): Receiver[] {
  const names = new Set<string>();
  return webhooks.map(({ name, url, secret, events }) => {
    if (names.has(name)) throw new Error(mistake(name, 'is there twice; give one another name'));
    names.add(name);
    if (!URL.canParse(url))
      throw new Error(mistake(name, 'has a url that is none; write it as https://example.com/path'));
    return {
      name,
      url: new URL(url),
      secrets: [secret].flat(),
      types: new Set(events ? events.flatMap((wanted) => matching(name, wanted)) : defaultTypes),
    };
  });
}

/** What may be shown of an address: the rest often is a secret. */
export function shownAddress(url: string | URL): string {
  return new URL(url).origin;
}

function matching(name: string, wanted: string): PublicEventType[] {
  const found = publicEventTypes.filter((type) =>
    wanted.endsWith('*') ? type.startsWith(wanted.slice(0, -1)) : type === wanted,
  );
  if (found.length > 0) return found;
  throw new Error(mistake(name, `wants "${wanted}", which is no event; docs/webhooks.md lists them`));
}

function mistake(name: string, what: string): string {
  return `TUREEN_WEBHOOKS: the receiver "${name}" ${what}`;
}
