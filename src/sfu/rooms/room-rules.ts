import type { Actor } from '../../core/actors.ts';
import type { PublishDecision } from '../../core/grants.ts';
import type { Source } from '../../core/sources.ts';
import type { RoomChanges } from './room-options.ts';

/** What holds in a room on every node that has it. Null goes back to the settings. */
export type RoomRule =
  | { readonly name: 'locked'; readonly value: boolean }
  | { readonly name: 'bitrateCap' | 'maxPeers' | 'emptySeconds'; readonly value: number | null }
  | { readonly name: 'metadata'; readonly value: Readonly<Record<string, unknown>> | null }
  /** Whether a moderator muted what a subject sends from a source. */
  | { readonly name: 'mute'; readonly subject: string; readonly source: Source; readonly value: boolean }
  /** What a subject may publish. */
  | { readonly name: 'publish'; readonly subject: string; readonly value: PublishDecision };

/** A rule as nodes tell it to each other. Of two for the same thing the later one holds. */
export interface StampedRule {
  readonly rule: RoomRule;
  readonly by: Actor;
  /** One more than the greatest that its node knew in the room. */
  readonly version: number;
  /** Of the node that made it; decides between equal versions. */
  readonly life: string;
}

/** More are told and not kept: a node that opens the room later does not learn them. */
export const maxRules = 10_000;
/** A version that no room reaches; a greater one would keep every later rule out. */
export const maxVersion = 2 ** 40;

/**
 * The rules of a room, in which all nodes end up with the same however their messages cross: versions count what a node
 * knew, so they need no clock and no node that decides. They live as long as the room does on any node.
 */
export class RoomRules {
  readonly #rules = new Map<string, StampedRule>();
  #version = 0;
  #hash: string | undefined;

  /** @param changed takes rules that were made on this node */
  constructor(
    private readonly life: string,
    private readonly changed: (rules: readonly StampedRule[]) => void,
  ) {}

  /** Two nodes with the same hash have the same rules; empty for none. */
  get hash(): string {
    this.#hash ??= this.#rules.size === 0 ? '' : hashOf(this.#rules);
    return this.#hash;
  }

  /** In the order of their keys, so that a list of them can be cut. */
  get all(): readonly (readonly [key: string, rule: StampedRule])[] {
    return [...this.#rules].sort(([one], [other]) => (one < other ? -1 : 1));
  }

  /** Makes rules on this node. */
  set(rules: readonly RoomRule[], by: Actor): void {
    if (rules.length === 0) return;
    this.#version += 1;
    const { life } = this;
    const stamped = rules.map((rule) => ({ rule, by, version: this.#version, life }));
    for (const each of stamped) this.#keep(keyOf(each.rule), each);
    this.changed(stamped);
  }

  /** Takes over rules of another node. @returns those that are news */
  merge(rules: readonly StampedRule[]): StampedRule[] {
    return rules.filter((stamped) => {
      this.#version = Math.max(this.#version, stamped.version);
      const key = keyOf(stamped.rule);
      const known = this.#rules.get(key);
      if (known && !isLater(stamped, known)) return false;
      this.#keep(key, stamped);
      return true;
    });
  }

  #keep(key: string, stamped: StampedRule): void {
    if (this.#rules.size >= maxRules && !this.#rules.has(key)) return;
    this.#rules.set(key, stamped);
    this.#hash = undefined;
  }
}

/** Changed options as rules; undefined goes back to the settings. */
export function rulesOf(changes: RoomChanges): RoomRule[] {
  const { maxPeers = null, emptySeconds = null, metadata = null } = changes;
  return [
    ...('maxPeers' in changes ? [{ name: 'maxPeers', value: maxPeers } as const] : []),
    ...('emptySeconds' in changes ? [{ name: 'emptySeconds', value: emptySeconds } as const] : []),
    ...('metadata' in changes ? [{ name: 'metadata', value: metadata } as const] : []),
  ];
}

function keyOf(rule: RoomRule): string {
  const of =
    rule.name === 'mute' ? [rule.subject, rule.source] : rule.name === 'publish' ? [rule.subject] : [];
  return JSON.stringify([rule.name, ...of]);
}

function isLater(one: StampedRule, other: StampedRule): boolean {
  return one.version === other.version ? one.life > other.life : one.version > other.version;
}

function hashOf(rules: ReadonlyMap<string, StampedRule>): string {
  let hash = 0n;
  for (const [key, { version, life }] of rules) hash ^= Bun.hash.xxHash64(`${key} ${version} ${life}`);
  return hash.toString(16).padStart(16, '0');
}
