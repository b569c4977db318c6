import type { Fact, FactRef } from '../store/fact.ts';
import type { DataCheck } from '../wire/check.ts';
import type { Kept } from './bucket.ts';
import { factCheck, type MeshEntry, meshEntryCheck } from './fact-schemas.ts';

/** Where the bucket says which mesh it is of. */
export const meshKey = 'mesh';

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true });
const encode = (text: string) => Buffer.from(text).toString('base64url');

/** Where the bucket has a fact: keys take neither spaces nor letters beyond ASCII. */
export function keyOf({ kind, name, scope }: FactRef): string {
  return ['fact', kind, encode(name), ...(scope === '' ? [] : [encode(scope)])].join('.');
}

export function entryOf(value: Fact | MeshEntry): Uint8Array {
  return encoder.encode(JSON.stringify(value));
}

/** @returns undefined for what is not a fact, or is not where it should be */
export function readFact({ key, value }: Pick<Kept, 'key' | 'value'>): Fact | undefined {
  const fact = parse(value, factCheck) as Fact | undefined;
  return fact && keyOf(fact) === key ? fact : undefined;
}

export function readMeshId({ value }: Pick<Kept, 'value'>): string | undefined {
  return (parse(value, meshEntryCheck) as MeshEntry | undefined)?.id;
}

function parse(data: Uint8Array, check: DataCheck): unknown {
  try {
    const value: unknown = JSON.parse(decoder.decode(data));
    return check.Check(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
