import { isIP } from 'node:net';
import { type Static, type TSchema, Type } from '@sinclair/typebox';
import { readNetwork } from '../core/networks.ts';

/**
 * One row of the configuration table: how the text of an environment variable becomes a checked value.
 * `wants` finishes the sentence "PORT: got "x", wants ...".
 */
export interface Setting<T extends TSchema = TSchema> {
  env: string;
  schema: T;
  wants: string;
  /** Parses the text; the schema then checks the result. Undefined when the text cannot be parsed. */
  read: (text: string) => unknown;
  /** The value when the variable is not set; undefined means that it stays unset. */
  default?: Static<T>;
  /** The default as the documentation shows it, where it depends on the host or on other settings. */
  defaultDoc?: string;
  doc: string;
  secret?: boolean;
}

/** Rows by the name of their value in the configuration. */
export type Settings = Readonly<Record<string, Setting>>;

/** A variable that is wrong, and why: "got ..., wants ...". */
export type Mistake = readonly [variable: string, what: string];

type Row = Pick<Setting, 'env' | 'defaultDoc' | 'doc' | 'secret'>;
type Optional<T extends TSchema> = Setting<T> & { default?: undefined };
type Defaulted<T extends TSchema> = Setting<T> & { default: Static<T> };

/** The value type of a row: without a default it may be undefined. */
export type SettingValue<S> = S extends { schema: infer T extends TSchema }
  ? S extends { default: Static<T> }
    ? Static<T>
    : Static<T> | undefined
  : never;

/** The values of several rows. */
export type ValuesOf<S extends Settings> = { readonly [K in keyof S]: SettingValue<S[K]> };

export const defaulted = <T extends TSchema>(setting: Setting<T>, value: Static<T>): Defaulted<T> => ({
  ...setting,
  default: value,
});

export const optional = <T extends TSchema>(setting: Setting<T>): Optional<T> => ({
  ...setting,
  default: undefined,
});

export function integer(range: { from: number; to: number; unit?: string }, row: Row) {
  const { from, to, unit } = range;
  return {
    ...row,
    schema: Type.Integer({ minimum: from, maximum: to }),
    wants: `a whole number ${unit ? `of ${unit} ` : ''}from ${from} to ${to}`,
    read: (text: string) => (/^-?\d+$/.test(text.trim()) ? Number(text) : undefined),
  };
}

export function fraction(range: { from: number; to: number }, row: Row) {
  const { from, to } = range;
  return {
    ...row,
    schema: Type.Number({ minimum: from, maximum: to }),
    wants: `a number from ${from} to ${to}`,
    read: (text: string) => (/^\d+(\.\d+)?$/.test(text.trim()) ? Number(text) : undefined),
  };
}

export function text(row: Row, pattern?: { regex: string; wants: string }) {
  return {
    ...row,
    schema: Type.String(pattern ? { minLength: 1, pattern: pattern.regex } : { minLength: 1 }),
    wants: pattern?.wants ?? 'a text that is not empty',
    read: (value: string) => value.trim(),
  };
}

export function ipAddress(row: Row) {
  return {
    ...text(row, { regex: '^[0-9A-Fa-f.:]+$', wants: 'an IP address, not a host name' }),
    read: (value: string) => (isIP(value.trim()) === 0 ? undefined : value.trim()),
  };
}

export function choice<const V extends readonly string[]>(values: V, row: Row) {
  return {
    ...row,
    schema: Type.Unsafe<V[number]>(Type.Union(values.map((value) => Type.Literal(value)))),
    wants: `one of ${values.join(', ')}`,
    read: (value: string) => value.trim(),
  };
}

/** What `list` takes. */
interface Item<T extends TSchema> {
  readonly schema: T;
  /** Where a schema cannot say what is right. */
  readonly check?: (text: string) => boolean;
  readonly wants: string;
}

/** Values separated by commas; empty ones are left out. */
export function list<T extends TSchema>({ check = () => true, ...item }: Item<T>, row: Row) {
  return {
    ...row,
    schema: Type.Unsafe<Static<T>[]>(Type.Array(item.schema, { minItems: 1 })),
    wants: `${item.wants}, several separated by commas`,
    read: (value: string) => {
      const parts = value
        .split(',')
        .map((part) => part.trim())
        .filter((part) => part !== '');
      return parts.every(check) ? parts : undefined;
    },
  };
}

/** Two ports, the lowest and the highest. */
export function portRange(row: Row) {
  return {
    ...row,
    schema: Type.Unsafe<readonly [number, number]>(
      Type.Tuple([
        Type.Integer({ minimum: 1024, maximum: 65535 }),
        Type.Integer({ minimum: 1024, maximum: 65535 }),
      ]),
    ),
    wants: 'the lowest and the highest port from 1024 to 65535, such as 42000-42999',
    read: (value: string) => {
      const [, from, to] = /^(\d+)\s*-\s*(\d+)$/.exec(value.trim()) ?? [];
      return Number(from) <= Number(to) ? [Number(from), Number(to)] : undefined;
    },
  };
}

/** For `list`. */
export const addressRange = {
  schema: Type.String(),
  check: (text: string) => readNetwork(text) !== undefined,
  wants: 'an IP address or a range such as 10.0.0.0/8',
};

export function json<T extends TSchema>(schema: T, wants: string, row: Row) {
  return {
    ...row,
    schema,
    wants,
    read: (value: string): unknown => {
      try {
        return JSON.parse(value);
      } catch {
        return undefined;
      }
    },
  };
}
