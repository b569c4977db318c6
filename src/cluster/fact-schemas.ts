import { type Static, type TSchema, Type } from '@sinclair/typebox';
import { oneOf, orNull } from '../core/schemas.ts';
import { banKinds } from '../store/ban-kinds.ts';
import type * as fact from '../store/fact.ts';
import { roles } from '../store/roles.ts';
import { dataCheck } from '../wire/check.ts';
import { Time } from './schemas.ts';

/** The shapes of facts. Their types are the store's. */

/** How many facts one message has at most. */
export const maxFacts = 32;

export const MeshId = Type.String({ pattern: '^[0-9a-f-]{36}$' });

const Stamp = Type.Object({
  time: Time,
  count: Type.Integer({ minimum: 0, maximum: 1_000_000_000 }),
  node: Type.String({ minLength: 1, maxLength: 64, description: 'the installation that decided it' }),
});

const name = Type.String({ minLength: 1, maxLength: 8192 });
const Role = oneOf([...roles]);
const until = Type.Object({ until: Time });

const bodies = {
  ban: Type.Object({
    kind: oneOf([...banKinds]),
    value: Type.String({ maxLength: 8192 }),
    roomId: orNull(name),
    reason: Type.String({ maxLength: 8192 }),
    by: Type.Object({ kind: Type.String({ maxLength: 64 }), id: Type.String({ maxLength: 8192 }) }),
    createdAt: Time,
    expiresAt: orNull(Time),
    liftedAt: orNull(Time),
  }),
  removal: until,
  logins: until,
  user: Type.Object({
    name: Type.String({ minLength: 1, maxLength: 1024 }),
    passwordHash: orNull(Type.String({ maxLength: 1024 }), 'argon2id'),
    role: Role,
    origin: oneOf(['page', 'proxy']),
    createdAt: Time,
  }),
  key: Type.Object({
    secretHash: Type.String({ minLength: 1, maxLength: 256 }),
    role: Role,
    createdAt: Time,
  }),
} as const satisfies Record<fact.FactKind, TSchema>;

const oneFact = <K extends fact.FactKind>(kind: K, doc: string) =>
  Type.Object(
    {
      kind: Type.Literal(kind),
      name,
      scope: Type.String({ maxLength: 8192, description: 'the room of a removal, else empty' }),
      stamp: Stamp,
      body: orNull(bodies[kind], 'null once it was deleted'),
    },
    { description: doc },
  );

export const Fact = Type.Unsafe<fact.Fact>(
  Type.Union([
    oneFact('ban', 'A ban, by its id.'),
    oneFact('removal', 'The tokens of a subject for a room are void that were issued until then.'),
    oneFact('logins', 'The logins of a user are void that were made until then.'),
    oneFact('user', 'A user of the dashboard.'),
    oneFact('key', 'An API key of a program.'),
  ]),
);
export const factCheck = dataCheck(Fact);

/** What the bucket has beside the facts. */
export const MeshEntry = Type.Object({ id: MeshId });
export const meshEntryCheck = dataCheck(MeshEntry);
export type MeshEntry = Static<typeof MeshEntry>;
