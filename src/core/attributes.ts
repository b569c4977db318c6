import { Type } from '@sinclair/typebox';
import { SfuError } from './errors.ts';

/** What a peer says of itself beside its name, such as a seat or a mood: texts by name. Everyone in its room is told. */
export type Attributes = Readonly<Record<string, string>>;

/** What is to be different: null removes an attribute, and those that are not named stay. */
export type AttributeChanges = Readonly<Record<string, string | null>>;

/**
 * They are kept and told for as long as their peer is there, so there is an end to them. Bursts of five times as many
 * changes pass.
 */
export const attributeLimits = { count: 64, bytes: 4096, changesPerSecond: 4 } as const;

const { count, bytes } = attributeLimits;
const limits = `at most ${count}, of ${bytes} bytes as JSON together`;

export const Attributes = Type.Record(Type.String(), Type.String(), {
  description: `what a peer says of itself, ${limits}`,
});
export const AttributeChanges = Type.Record(Type.String(), Type.Union([Type.String(), Type.Null()]), {
  // All of them may be replaced at once.
  maxProperties: 2 * count,
  description: `null removes one, and those that are not named stay; ${limits}`,
});

/** @throws SfuError limit_reached when that would be too many, or too large */
export function changeAttributes(current: Attributes, changes: AttributeChanges): Attributes {
  const changed = Object.fromEntries(
    Object.entries({ ...current, ...changes }).filter(
      (entry): entry is [string, string] => entry[1] !== null,
    ),
  );
  const size = Buffer.byteLength(JSON.stringify(changed));
  const number = Object.keys(changed).length;
  if (number <= count && size <= bytes) return changed;
  throw new SfuError(
    'limit_reached',
    `attributes: a peer may have ${limits}; these would be ${number} of ${size} bytes, so remove some with null`,
  );
}
